import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brotliBytes } from '../../scripts/measure-sizes.mjs'
import { tableRows } from '../support/table-rows.js'

const ROOT = new URL('../../', import.meta.url)
const LIMITS = { 'dist/z.js': 3090, 'dist/live.js': 900 }

describe.each(Object.entries(LIMITS))('%s', (file, limit) => {
  const bytes = brotliBytes(new URL(file, ROOT))

  it(`compresses a script to at most ${limit} bytes with Brotli`, () => {
    expect(bytes, 'after a change of src/tracker, run npm run tune').toBeLessThanOrEqual(limit)
  })

  it('starts each script with the compile hint', () => {
    expect(readFileSync(new URL(file, ROOT), 'utf8')).toMatch(/^\/\/# allFunctionsCalledOnLoad\n/)
  })

  it('matches the script size stated in README.md', () => {
    const readme = readFileSync(new URL('README.md', ROOT), 'utf8')
    const [, size] = tableRows(readme).find(([name]) => name === `\`${file}\``)!
    expect(size).toBe(`${bytes.toLocaleString('en')} bytes`)
  })
})
