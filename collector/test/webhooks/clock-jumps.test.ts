import { afterEach, expect, it, vi } from 'vitest'
import { CLOCK_JUMPS } from '../support/clock-jumps.js'
import { closeWebhooksInFakeTime, openWebhooksInFakeTime } from '../support/open-webhooks-in-fake-time.js'
import type { OpenWebhooks } from '../support/open-webhooks.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const { TZ } = process.env
let opened: OpenWebhooks
afterEach(async () => {
  if (TZ === undefined) delete process.env['TZ']
  else process.env['TZ'] = TZ
  await closeWebhooksInFakeTime(opened)
})

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const tidy = async () => {
  const tidied = opened.webhooks.purge.run(new AbortController().signal)
  await pass(100)
  await tidied
}

it.each(CLOCK_JUMPS)(
  'sends each delivery once and on time when $what and the clock jumps by $jumpMs ms',
  async ({ zone, at, jumpMs }) => {
    process.env['TZ'] = zone
    opened = await openWebhooksInFakeTime(at)
    Object.assign(opened.answers, { '/retried': [500, 503, 200], '/bad': 404 })
    const retried = await opened.add('/retried', { events: ['alert'] })
    const fine = await opened.add('/fine', { events: ['event', 'session_end'] })
    const bad = await opened.add('/bad', { events: ['goal'] })
    await opened.put(1, { name: 'alert' })
    await opened.put(5)
    await opened.put(19, { name: 'goal' })
    await pass(1_000)
    opened.clock.wallOffsetMs = jumpMs
    const now = () => Date.now() + opened.clock.skippedMs + jumpMs
    await opened.put(5)
    await opened.put(1, { name: 'session_end', at: now() + HOUR_MS / 2 })
    await opened.put(20, { name: 'goal' })
    await pass(39_000)

    const sentTo = (id: string) => opened.sent.filter(({ webhook }) => webhook.id === id)
    const attempts = sentTo(retried.id)
    expect(attempts.map(({ result }) => result!.status)).toEqual([500, 503, 200])
    const [first, second] = attempts
      .slice(1)
      .map(({ startedAt }, index) => startedAt - attempts[index]!.endedAt!)
    expect(first).toBeGreaterThanOrEqual(5_000)
    expect(first).toBeLessThanOrEqual(5_500)
    expect(second).toBeGreaterThanOrEqual(25_000)
    expect(second).toBeLessThanOrEqual(27_500)

    expect(sentTo(fine.id)).toHaveLength(11)
    expect(new Set(sentTo(fine.id).map(({ eventId }) => eventId)).size).toBe(11)

    // Once, with the twentieth failure; running attempts end then, and the rest waits for a day of monotonic
    // time.
    const disabled = (await opened.logOf(bad)).filter(({ kind }) => kind === 'disabled')
    expect(disabled).toHaveLength(1)
    expect(Math.abs(disabled[0]!.at - now())).toBeLessThan(MINUTE_MS)
    const backlogOf = async () => (await opened.store.findWebhook(bad.id))!.backlog
    const waiting = 39 - sentTo(bad.id).length
    expect(waiting).toBeGreaterThan(10)
    opened.clock.skippedMs += DAY_MS - MINUTE_MS
    await tidy()
    expect(await backlogOf()).toBe(waiting)
    opened.clock.skippedMs += 2 * MINUTE_MS
    await tidy()
    expect(await backlogOf()).toBe(0)
    expect([opened.metric('delivered'), opened.metric('failed'), opened.metric('dropped')]).toEqual([
      12,
      39 - waiting,
      waiting,
    ])

    // The log is kept for thirty days.
    opened.clock.skippedMs += 29 * DAY_MS - 2 * HOUR_MS
    await tidy()
    expect((await opened.logOf(fine)).length).toBe(12)
    opened.clock.skippedMs += 4 * HOUR_MS
    await tidy()
    expect(await opened.logOf(fine)).toEqual([])
  },
)
