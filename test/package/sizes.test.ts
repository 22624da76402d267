import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brotliBytes } from '../../scripts/sizes.mjs'
import { tableRows } from '../support/table-rows.js'

const ROOT = new URL('../../', import.meta.url)
const LIMITS = { 'dist/z.js': 1900, 'dist/live.js': 900 }

describe.each(Object.entries(LIMITS))('%s', (file, limit) => {
  const bytes = brotliBytes(new URL(file, ROOT))

  it(`has at most ${limit} bytes as brotli`, () => {
    expect(
      bytes,
      'after a change of src/tracker, npm run tune finds names that pack well',
    ).toBeLessThanOrEqual(limit)
  })

  it('begins with its compile hint: anywhere else it is a comment', () => {
    expect(readFileSync(new URL(file, ROOT), 'utf8')).toMatch(/^\/\/# allFunctionsCalledOnLoad\n/)
  })

  it('has the size that README says', () => {
    const readme = readFileSync(new URL('README.md', ROOT), 'utf8')
    const [, size] = tableRows(readme).find(([name]) => name === `\`${file}\``)!
    expect(size).toBe(`${bytes.toLocaleString('en')} bytes`)
  })
})
