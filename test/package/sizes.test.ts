import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brotliBytes } from '../../scripts/measure-sizes.mjs'
import { tableRows } from '../support/table-rows.js'

const ROOT = new URL('../../', import.meta.url)
const SCRIPTS = { 'dist/z.js': 3090, 'dist/live.js': 900 }
/** Modules that z.js loads for pages that capture. */
const MODULES = { 'dist/capture.js': 3990, 'dist/signals.js': 1550, 'dist/vitals.js': 3540 }

describe.each(Object.entries({ ...SCRIPTS, ...MODULES }))('%s', (file, limit) => {
  const bytes = brotliBytes(new URL(file, ROOT))

  it(`compresses to at most ${limit} bytes with Brotli`, () => {
    expect(bytes, 'after a change of src/tracker or src/capture, run npm run tune').toBeLessThanOrEqual(limit)
  })

  it('matches the script size stated in README.md', () => {
    const readme = readFileSync(new URL('README.md', ROOT), 'utf8')
    const [, size] = tableRows(readme).find(([name]) => name === `\`${file}\``)!
    expect(size).toBe(`${bytes.toLocaleString('en')} bytes`)
  })
})

it.each(Object.keys(SCRIPTS))('starts %s with the compile hint', (file) => {
  expect(readFileSync(new URL(file, ROOT), 'utf8')).toMatch(/^\/\/# allFunctionsCalledOnLoad\n/)
})
