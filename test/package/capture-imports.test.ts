import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brotliLength } from '../../scripts/measure-sizes.mjs'
import { bundleImport } from '../support/bundle-import.js'
import { tableRows } from '../support/table-rows.js'

const CAPTURE = '@zenovay/tracker/capture'
const LIBRARY = 'largest-contentful-paint'
const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** Most bytes as brotli of `capture` with one kind, without the tracker that an application imports besides. */
const LIMITS = { outbound: 930, engagement: 1_200, errors: 1_290 }

describe.each(Object.entries(LIMITS))('capture with %s', async (kind, limit) => {
  const names = `{ capture, ${kind} }`
  const { code, imports } = await bundleImport(names, CAPTURE)
  const bytes = brotliLength(code)

  it(`adds at most ${limit} bytes after Brotli compression, and imports no package`, () => {
    expect(bytes).toBeLessThanOrEqual(limit)
    expect(imports).toEqual([])
  })

  it('matches the import size stated in README.md', () => {
    const [, size] = tableRows(README).find(([name]) => name === `\`import ${names} from '${CAPTURE}'\``)!
    expect(size).toBe(`${bytes.toLocaleString('en')} bytes`)
  })
})

it('bundles web-vitals only for an application that imports vitals', async () => {
  const others = await bundleImport('{ capture, rage, dead, copy, video, views }', CAPTURE)
  const vitals = await bundleImport('{ capture, vitals }', CAPTURE)

  expect(others.code).not.toContain(LIBRARY)
  expect(others.code).not.toContain('pageshow')
  expect(vitals.code).toContain(LIBRARY)
  expect(vitals.imports).toEqual([])
})
