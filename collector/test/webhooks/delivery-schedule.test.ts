import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LEASE_MS } from '../../src/webhooks/webhook-store.js'
import type { OpenWebhooks, Sent } from '../support/open-webhooks.js'
import { closeWebhooksInFakeTime, openWebhooksInFakeTime } from '../support/open-webhooks-in-fake-time.js'

const HOUR_MS = 60 * 60 * 1000

let opened: OpenWebhooks
beforeEach(async () => void (opened = await openWebhooksInFakeTime()))
afterEach(() => closeWebhooksInFakeTime(opened))

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const gapsOf = (attempts: Sent[]) =>
  attempts.slice(1).map(({ startedAt }, index) => startedAt - attempts[index]!.endedAt!)
const sentTo = (id: string) => opened.sent.filter(({ webhook }) => webhook.id === id)

it('retries a failed delivery after 5 and 25 seconds', async () => {
  const webhooks = []
  for (let count = 0; count < 10; count++) {
    opened.answers[`/${count}`] = [500, 503, 200]
    webhooks.push(await opened.add(`/${count}`))
  }
  await opened.put(1)
  await pass(40_000)
  for (const webhook of webhooks) {
    const attempts = sentTo(webhook.id)
    expect(attempts.map(({ result }) => result!.status)).toEqual([500, 503, 200])
    expect(new Set(attempts.map(({ eventId, body }) => `${eventId} ${body}`)).size).toBe(1)
    const [first, second] = gapsOf(attempts)
    expect(first).toBeGreaterThanOrEqual(5_000)
    expect(first).toBeLessThanOrEqual(5_500)
    expect(second).toBeGreaterThanOrEqual(25_000)
    expect(second).toBeLessThanOrEqual(27_500)
    expect(
      (await opened.logOf(webhook)).map(({ kind, attempt, status, note }) => [kind, attempt, status, note]),
    ).toEqual([
      ['created', null, null, null],
      ['delivery', 1, 500, 'tried again'],
      ['delivery', 2, 503, 'tried again'],
      ['delivery', 3, 200, 'delivered'],
    ])
    expect(await opened.store.findWebhook(webhook.id)).toMatchObject({
      backlog: 0,
      failuresInRow: 0,
      isActive: true,
    })
  }
  expect(opened.metric('delivered')).toBe(10)
})

it.each([500, 'timeout', 'connection', 'dns'] as const)(
  'gives up and logs a delivery after three attempts that end with %s',
  async (answer) => {
    opened.answers['/a'] = answer
    const webhook = await opened.add('/a')
    await opened.put(1)
    await pass(60_000)
    expect(opened.sent).toHaveLength(3)
    expect((await opened.logOf(webhook)).slice(1).map(({ attempt, note }) => [attempt, note])).toEqual([
      [1, 'tried again'],
      [2, 'tried again'],
      [3, 'failed'],
    ])
    expect(await opened.store.findWebhook(webhook.id)).toMatchObject({ backlog: 0, failuresInRow: 1 })
    expect(opened.metric('failed')).toBe(1)
  },
)

it.each([301, 400, 404, 429, 'tls', 'refused-address'] as const)(
  'does not retry a delivery after %s',
  async (answer) => {
    opened.answers['/a'] = answer
    const webhook = await opened.add('/a')
    await opened.put(1)
    await pass(60_000)
    expect(opened.sent).toHaveLength(1)
    expect((await opened.logOf(webhook)).at(-1)).toMatchObject({ attempt: 1, note: 'failed' })
  },
)

it('attempts a delivery at most three times, even after crashes', async () => {
  opened.answers['/a'] = () => new Promise(() => {})
  const webhook = await opened.add('/a')
  await opened.put(1)
  for (let crash = 0; crash < 6; crash++) {
    await pass(100)
    await opened.crash()
    await pass(LEASE_MS + 1_000)
  }
  expect(opened.sent).toHaveLength(3)
  expect(
    (await opened.logOf(webhook)).slice(1).map(({ attempt, error, note }) => [attempt, error, note]),
  ).toEqual([
    [1, 'interrupted', 'tried again'],
    [2, 'interrupted', 'tried again'],
    [3, 'interrupted', 'failed'],
  ])
  expect(await opened.store.findWebhook(webhook.id)).toMatchObject({ backlog: 0, failuresInRow: 1 })
})

it('resumes each pending delivery at its scheduled time after a crash', async () => {
  opened.answers['/a'] = [500, 200]
  await opened.add('/a')
  await opened.put(1)
  await pass(1_000)
  await opened.crash()
  await pass(10_000)
  expect(opened.sent.map(({ result }) => result!.status)).toEqual([500, 200])
  expect(gapsOf(opened.sent)[0]).toBeGreaterThanOrEqual(5_000)
})

it.each([HOUR_MS, -HOUR_MS, 24 * HOUR_MS, -1_000])(
  'keeps the schedule of a delivery if the wall clock changes by %d ms',
  async (jump) => {
    opened.answers['/a'] = [500, 500, 200]
    await opened.add('/a')
    await opened.put(1)
    await pass(1_000)
    opened.clock.wallOffsetMs = jump
    await pass(39_000)
    const [first, second] = gapsOf(opened.sent)
    expect(first).toBeGreaterThanOrEqual(5_000)
    expect(first).toBeLessThanOrEqual(5_500)
    expect(second).toBeGreaterThanOrEqual(25_000)
    expect(second).toBeLessThanOrEqual(27_500)
  },
)

it('does not delay a delivery if the clock was set back by an hour before a restart', async () => {
  opened.answers['/a'] = [500, 200]
  await opened.add('/a')
  await opened.put(1)
  await pass(1_000)
  opened.clock.wallOffsetMs = -HOUR_MS
  await opened.crash()
  await pass(1_000)
  expect(opened.sent.map(({ result }) => result!.status)).toEqual([500, 200])
})

it('aborts running delivery attempts on stop, and repeats them after the next start', async () => {
  opened.answers['/a'] = (_message, signal) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(0)))
  const webhook = await opened.add('/a')
  await opened.put(1)
  await pass(100)
  const stopped = opened.webhooks.stop(3_000)
  await pass(3_100)
  await stopped
  opened.answers['/a'] = 200
  await opened.crash()
  await pass(100)
  expect(
    (await opened.logOf(webhook)).slice(1).map(({ attempt, error, status }) => [attempt, error, status]),
  ).toEqual([
    [1, 'cancelled', null],
    [1, null, 200],
  ])
})
