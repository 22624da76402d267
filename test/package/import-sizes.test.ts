import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brotliLength } from '../../scripts/measure-sizes.mjs'
import { bundleImport } from '../support/bundle-import.js'
import { tableRows } from '../support/table-rows.js'

interface ImportStatement {
  names: string
  from: string
  /** Most bytes as brotli. */
  limit: number
  /** Most bytes in addition to `{ init }`; other commands would add more. */
  adds: number
  /** The framework, which the application has anyway. */
  framework?: string
}

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

const IMPORTS: ImportStatement[] = [
  { names: '{ init, track }', from: '@zenovay/tracker', limit: 2_925, adds: 300 },
  { names: '{ Zenovay }', from: '@zenovay/tracker/react', limit: 2_685, adds: 80, framework: 'react' },
  { names: '{ createZenovay }', from: '@zenovay/tracker/vue', limit: 2_665, adds: 80 },
  { names: '{ startZenovay }', from: '@zenovay/tracker/svelte', limit: 2_675, adds: 80, framework: 'svelte' },
]

describe.each(IMPORTS)('import $names from $from', async ({ names, from, limit, adds, framework }) => {
  const { code, imports } = await bundleImport(names, from)
  const bytes = brotliLength(code)

  it(`adds at most ${limit} bytes after Brotli compression`, () => {
    expect(bytes).toBeLessThanOrEqual(limit)
  })

  it('matches the import size stated in README.md', () => {
    const [, size] = tableRows(README).find(([name]) => name === `\`import ${names} from '${from}'\``)!
    expect(size).toBe(`${bytes.toLocaleString('en')} bytes`)
  })

  it('bundles no commands that are not imported', async () => {
    const alone = brotliLength((await bundleImport('{ init }', '@zenovay/tracker')).code)
    expect(bytes - alone).toBeLessThanOrEqual(adds)
  })

  it('imports no package except the framework of the binding', () => {
    expect(imports).toEqual(framework ? [framework] : [])
  })
})

const SERVER_IMPORTS: [name: string, limit: number][] = [
  ['createServerTracker', 5 * 1024],
  ['createProxy', 3_200],
  ['createWebhookHandler', 2_300],
  ['followStream', 2_300],
]

describe.each(SERVER_IMPORTS)('import { %s } from @zenovay/tracker/server', async (name, limit) => {
  const { code, imports } = await bundleImport(`{ ${name} }`, '@zenovay/tracker/server')
  const bytes = brotliLength(code)

  it(`is smaller than ${limit} bytes after Brotli compression, and imports nothing`, () => {
    expect(bytes).toBeLessThan(limit)
    expect(imports).toEqual([])
  })

  it('matches the import size stated in README.md', () => {
    const [, size] = tableRows(README).find(([cell]) => cell!.includes(`{ ${name} }`))!
    expect(size).toBe(`${bytes.toLocaleString('en')} bytes`)
  })
})
