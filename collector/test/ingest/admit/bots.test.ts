import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { memoize } from '../../../src/cache.js'
import { isBotAgent } from '../../../src/ingest/admit/bots.js'
import { expectEvery } from '../../support/expect-every.js'

/** One agent per line; `# ` begins a comment. Collected from real programs, independently of the rule. */
const readAgents = (name: string) =>
  readFileSync(new URL(`../../fixtures/user-agents/${name}.txt`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))

const bots = readAgents('bots')
const browsers = readAgents('browsers')

describe('the bot rule', () => {
  it('includes at least 500 different user agents in the bot test', () => {
    expect(new Set(bots).size).toBeGreaterThanOrEqual(300)
    expect(new Set(browsers).size).toBeGreaterThanOrEqual(240)
    expect(new Set([...bots, ...browsers]).size).toBe(bots.length + browsers.length)
  })

  it('rejects at least 99 % of the bot user agents', () => {
    const passed = bots.filter((agent) => !isBotAgent(agent))
    expect(passed.length, passed.join('\n')).toBeLessThanOrEqual(bots.length / 100)
  })

  it('accepts every browser user agent', () => expectEvery(browsers, (agent) => !isBotAgent(agent)))

  it('accepts servers with their own user agent', () =>
    expectEvery(readAgents('servers'), (agent) => !isBotAgent(agent)))

  it('rejects user agents that contain a bot word, even the browser of a CUBOT phone', () => {
    expectEvery(readAgents('refused-browsers'), isBotAgent)
  })

  it('returns the same result for a user agent when it is called again', () => {
    for (const agent of [...bots, ...browsers]) expect(isBotAgent(agent)).toBe(isBotAgent(agent))
  })
})

describe('memoize', () => {
  it('computes a cached value once, and computes an evicted value again', () => {
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

  it('caches user agents from large request bodies in little memory', () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const heap = () => (collectGarbage(), process.memoryUsage().heapUsed)
    const verdict = memoize((agent) => agent.length > 0, 500)
    const before = heap()
    // A slice of a long string keeps the whole string alive: 30 MB for the remembered values.
    for (let i = 0; i < 1_000; i++)
      verdict((JSON.parse(`"${i} ${'x'.repeat(60_000)}"`) as string).slice(0, 1024))
    expect(heap() - before).toBeLessThan(5 * 1024 * 1024)
    expect(verdict('still here')).toBe(true)
  })
})
