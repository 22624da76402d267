import { afterAll, beforeAll, expect, it } from 'vitest'
import { PLANS } from '../../../src/control/accounts.js'
import { CLOCK_JUMPS } from '../../support/clock-jumps.js'
import { openTestControl, type TestControl } from '../../support/open-test-control.js'

const { perMinute } = PLANS.free
const MINUTE_MS = 60_000

let store: TestControl
beforeAll(async () => {
  store = await openTestControl()
})
afterAll(() => store.close())

async function addKeyOfNewAccount() {
  const { id: accountId } = await store.control.addAccount({ name: 'free', plan: 'free' })
  return { accountId, ...(await store.addKey({ accountId })) }
}

it('counts the requests of all keys of an account together', async () => {
  const { accountId, id } = await addKeyOfNewAccount()
  const ids = [id, (await store.addKey({ accountId })).id]
  const now = Date.UTC(2026, 10, 21)
  const results = []
  for (let request = 0; request < perMinute + 2; request++)
    results.push((await store.control.countRequest(ids[request % 2]!, now))!.exceeded)
  expect(results).toEqual([...Array<undefined>(perMinute).fill(undefined), 'minute', 'minute'])
  const other = await addKeyOfNewAccount()
  expect((await store.control.countRequest(other.id, now))!.exceeded).toBeUndefined()
  for (const key of ids) expect((await store.control.readUsage(key, now))!.month.used).toBe(perMinute)
})

// Concurrently: requests that arrive together share a commit.
it('counts every API request once in its month when the clock jumps by an hour and back', async () => {
  await Promise.all(
    CLOCK_JUMPS.map(async ({ what, at, jumpMs }) => {
      const where = `${what}, ${jumpMs} ms`
      const { id } = await addKeyOfNewAccount()
      const counted = new Map<string, number>()
      let now = at
      for (let request = 0; request < 60; request++) {
        // Six a minute, below the limit: a clock jump must not lower the limit.
        now += 10_000 + (request === 20 ? jumpMs : 0) - (request === 40 ? jumpMs : 0)
        const month = new Date(now).toISOString().slice(0, 7)
        counted.set(month, (counted.get(month) ?? 0) + 1)
        const { usage, exceeded } = (await store.control.countRequest(id, now))!
        expect(exceeded, where).toBeUndefined()
        expect(usage.minute.resetsAt - now, where).toBeLessThanOrEqual(2 * MINUTE_MS)
        expect(usage.month.used, where).toBe(counted.get(month))
      }
      for (const [month, count] of counted)
        expect((await store.control.readUsage(id, Date.parse(`${month}-15`)))!.month.used, where).toBe(count)
    }),
  )
})

it('resets an exhausted limit per minute within one minute after any clock change', async () => {
  for (const jumpMs of [60 * MINUTE_MS, -60 * MINUTE_MS, 30_000, -30_000]) {
    const { id } = await addKeyOfNewAccount()
    const start = CLOCK_JUMPS[0]!.at
    for (let request = 0; request < perMinute; request++) await store.control.countRequest(id, start)
    expect((await store.control.countRequest(id, start))!.exceeded).toBe('minute')
    const later = [0, 30_000, 60_000, 90_000].map((ms) => start + jumpMs + ms)
    const results = []
    for (const now of later) results.push((await store.control.countRequest(id, now))!.exceeded)
    expect(results.at(-1), `${jumpMs} ms`).toBeUndefined()
  }
})
