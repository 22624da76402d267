import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApiKey } from '@zenovay/collector'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { monthOf } from '../../src/control/keys/usage.js'
import { startCommand } from '../support/run-command.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

const KILLS = 20
// This many collectors share the control data at any moment, and are killed in turn.
const COLLECTORS_AT_ONCE = 2
const SENDERS = 4
const ANSWERS_BEFORE_KILL = 5
const KILL_SPREAD_MS = 60
const QUIET_REQUESTS = 3
// Enough accounts, each with one key, that none reaches its limit per minute.
const KEYS = 12

interface Tried {
  secret: string
  id: string
  answered: number
  /** Sent, but the collector was killed before it answered. */
  lost: number
}

let collector: TestCollector
beforeAll(async () => {
  collector = await startTestCollector()
})
afterAll(() => collector.close())

async function addKey(): Promise<Tried> {
  const { control } = collector.collector
  const account = await control.addAccount({ name: 'killed', plan: 'enterprise' })
  const { secret, record } = createApiKey({ name: 'killed', siteId: null, accountId: account.id }, Date.now())
  await control.addApiKey(record)
  return { secret, id: record.id, answered: 0, lost: 0 }
}

/** Sends one request; resolves to false when there was no answer. */
async function ask(url: string, key: Tried): Promise<boolean> {
  try {
    const { status } = await fetch(`${url}/api/external/v1/websites`, {
      headers: { 'x-api-key': key.secret },
    })
    if (status === 200) key.answered++
    else if (status !== 429) throw new TypeError(`status ${status}`)
    return true
  } catch {
    key.lost++
    return false
  }
}

it('counts every answered API request once, even if the collector is killed at any moment', async () => {
  const began = Date.now()
  const [keys, quiet] = [await Promise.all(Array.from({ length: KEYS }, addKey)), await addKey()]
  let turn = 0

  /** One life of a collector, killed at a random moment. */
  const live = async () => {
    const { child, url } = await startCommand({
      DATA_DIR: collector.dataDir,
      PORT: '0',
      LOG_LEVEL: 'silent',
      CLICKHOUSE_URL: collector.engine.url,
    })
    for (let request = 0; request < QUIET_REQUESTS; request++) await ask(url, quiet)
    let answers = 0
    let isReady: () => void
    const hasAnswered = new Promise<void>((resolve) => (isReady = resolve))
    const senders = Array.from({ length: SENDERS }, async () => {
      while (await ask(url, keys[turn++ % KEYS]!)) if (++answers === ANSWERS_BEFORE_KILL) isReady()
    })
    await hasAnswered
    // A random time, so that the kill hits every stage of a request.
    await sleep(Math.random() * KILL_SPREAD_MS)
    child.kill('SIGKILL')
    await Promise.all([once(child, 'exit'), ...senders])
  }
  let lives = 0
  await Promise.all(
    Array.from({ length: COLLECTORS_AT_ONCE }, async () => {
      while (lives++ < KILLS) await live()
    }),
  )

  const months = [...new Map([began, Date.now()].map((at) => [monthOf(at), at])).values()]
  const countOf = async ({ id }: Tried) => {
    const usages = await Promise.all(months.map((at) => collector.collector.control.readUsage(id, at)))
    return usages.reduce((sum, usage) => sum + usage!.month.used, 0)
  }
  // Without a kill the count is exact.
  expect([quiet.answered, quiet.lost, await countOf(quiet)]).toEqual([
    KILLS * QUIET_REQUESTS,
    0,
    KILLS * QUIET_REQUESTS,
  ])
  for (const key of keys) {
    const count = await countOf(key)
    expect(count).toBeGreaterThanOrEqual(key.answered)
    expect(count).toBeLessThanOrEqual(key.answered + key.lost)
  }
  const sum = (pick: (key: Tried) => number) => keys.reduce((total, key) => total + pick(key), 0)
  expect(sum(({ answered }) => answered)).toBeGreaterThanOrEqual(KILLS * ANSWERS_BEFORE_KILL)
  // Each sender of each life lost one request to the kill.
  expect(sum(({ lost }) => lost)).toBe(KILLS * SENDERS)
}, 180_000)
