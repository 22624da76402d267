import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { memoize } from '../../../src/cache.js'
import { isBotAgent } from '../../../src/ingest/admit/bots.js'

/** One agent a line; `# ` begins a remark. Written from what such programs send, not from what the rule knows. */
const readAgents = (name: string) =>
  readFileSync(new URL(`../../fixtures/user-agents/${name}.txt`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))

const bots = readAgents('bots')
const browsers = readAgents('browsers')

describe('the bot rule', () => {
  it('is judged by 500 different agents and more', () => {
    expect(new Set(bots).size).toBeGreaterThanOrEqual(300)
    expect(new Set(browsers).size).toBeGreaterThanOrEqual(240)
    expect(new Set([...bots, ...browsers]).size).toBe(bots.length + browsers.length)
  })

  it('refuses at least 99 % of the bots', () => {
    const passed = bots.filter((agent) => !isBotAgent(agent))
    expect(passed.length, passed.join('\n')).toBeLessThanOrEqual(bots.length / 100)
  })

  it('refuses no browser', () => expect(browsers.filter(isBotAgent)).toEqual([]))

  it('refuses no server that has a name of its own', () =>
    expect(readAgents('servers').filter(isBotAgent)).toEqual([]))

  it('refuses what holds a word of the contract, be it a browser on a CUBOT phone', () => {
    for (const agent of readAgents('refused-browsers')) expect(isBotAgent(agent), agent).toBe(true)
  })

  it('gives the same verdict when it is asked again', () => {
    for (const agent of [...bots, ...browsers]) expect(isBotAgent(agent)).toBe(isBotAgent(agent))
  })
})

describe('remember', () => {
  it('asks once for what it remembers, and again for what it forgot', () => {
    const asked: string[] = []
    const ask = memoize((key) => (asked.push(key), key.length > 1), 2)
    expect(['a', 'a', 'b', 'a', 'c', 'b', 'a', 'bb'].map(ask)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
      false,
      true,
    ])
    expect(asked).toEqual(['a', 'b', 'c', 'a', 'bb'])
  })

  it('stays small under a flood of agents that were cut out of large bodies', () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const heap = () => (collectGarbage(), process.memoryUsage().heapUsed)
    const verdict = memoize((agent) => agent.length > 0, 500)
    const before = heap()
    // A slice of a long string keeps all of it: 30 MB for what is remembered.
    for (let i = 0; i < 1_000; i++)
      verdict((JSON.parse(`"${i} ${'x'.repeat(60_000)}"`) as string).slice(0, 1024))
    expect(heap() - before).toBeLessThan(5 * 1024 * 1024)
    expect(verdict('still here')).toBe(true)
  })
})
