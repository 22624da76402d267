import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Notification } from '../../../src/alerts/alert-store.js'
import type { Alert, Destination } from '../../../src/alerts/alert.js'
import { type AlertCounts, createAlertCounts } from '../../../src/alerts/metrics.js'
import {
  createNotificationDelivery,
  type NotificationDeliveryServices,
} from '../../../src/alerts/notify/deliver.js'
import type { SendResult } from '../../../src/alerts/notify/send-mail.js'
import { createRegistry, type Registry } from '../../../src/observability/registry.js'
import { makeAlertFields } from '../../support/make-alert.js'
import { openTestControl, type TestControl } from '../../support/open-test-control.js'

const START = Date.UTC(2026, 2, 29)
const SLACK: Destination = { type: 'slack', sealed: 's' }

let store: TestControl
let counts: AlertCounts
let registry: Registry
let alert: Alert
let now: number
/** Offset of the wall clock in ms. */
let wallOffset: number
const stops: (() => Promise<void>)[] = []

beforeEach(async () => {
  now = START
  wallOffset = 0
  store = await openTestControl()
  registry = createRegistry()
  counts = createAlertCounts(registry)
  const site = await store.control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] })
  alert = (await store.alerts.addAlert(site.id, makeAlertFields({ destinations: [SLACK] }), {
    actor: null,
    at: START,
  }))!
})
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
  await store.close()
})

function startSender(send: NotificationDeliveryServices['send']) {
  const log = { warn: () => {}, error: () => {} } as unknown as NotificationDeliveryServices['log']
  const sender = createNotificationDelivery({
    store: store.alerts,
    recipients: { purge: store.recipients.purgeSentMails },
    send,
    counts,
    log,
    engineNow: () => now,
    now: () => now + wallOffset,
  })
  stops.push(sender.stop)
  return sender
}

/** A sender whose attempts return scripted results in order; their start times are in `begun`. */
function startScripted(results: SendResult[]) {
  const begun: number[] = []
  const sender = startSender(async () => {
    begun.push(now - START)
    return results.shift() ?? { result: 'done' }
  })
  return { ...sender, begun }
}

const put = (key = 'k', destinations: Destination[] = [SLACK]) =>
  store.alerts.putNotifications({ ...alert, destinations }, { key, event: 'alert', at: START, data: { key } })
const listNotifications = () => store.alerts.listNotifications(alert.id, 100)
const stateOf = async () =>
  (await listNotifications()).map(({ state, attempts, error }) => [state, attempts, error])
/** Number of attempts by destination and result, without zeros. */
const counted = () =>
  Object.fromEntries(
    [
      ...registry
        .expose()
        .matchAll(/^zenovay_alert_notices_total\{destination="(\w+)",outcome="(\w+)"\} ([1-9]\d*)$/gm),
    ].map(([, destination, outcome, count]) => [`${destination} ${outcome}`, Number(count)]),
  )
const reach = (states: unknown[]) => vi.waitFor(async () => expect(await stateOf()).toEqual(states))

it('sends each queued alert notification once', async () => {
  const { wake, begun } = startScripted([])
  await put()
  wake()
  await reach([['done', 1, null]])
  expect(await put()).toBe(false)
  wake()
  expect(begun).toEqual([0])
})

it('attempts a failing notification three times, after delays of 5 and 25 seconds', async () => {
  const { wake, begun } = startScripted(
    [1, 2, 3].map(() => ({ result: 'retry', error: 'HTTP 500' }) as const),
  )
  await put()
  wake()
  for (const [attempts, least, most] of [
    [1, 5_000, 5_500],
    [2, 25_000, 27_500],
  ] as const) {
    await reach([['waiting', attempts, 'HTTP 500']])
    const due = (await store.alerts.nextNotificationAt())! - now
    expect(due).toBeGreaterThanOrEqual(least)
    expect(due).toBeLessThanOrEqual(most)
    now += due - 1
    wake()
    now += 1
    wake()
  }
  await reach([['failed', 3, 'HTTP 500']])
  expect(begun).toHaveLength(3)
  await vi.waitFor(() => expect(counted()).toEqual({ 'slack retried': 2, 'slack failed': 1 }))
})

it('does not retry a notification after a permanent failure', async () => {
  const { wake } = startScripted([{ result: 'failed', error: 'HTTP 404' }])
  await put()
  wake()
  await reach([['failed', 1, 'HTTP 404']])
  await vi.waitFor(() => expect(counted()).toEqual({ 'slack failed': 1 }))
})

it('records what may not be sent with its reason, and counts it apart from failures', async () => {
  const { wake } = startScripted([{ result: 'not-sent', error: 'not sent: the address unsubscribed' }])
  await put()
  wake()
  await reach([['failed', 1, 'not sent: the address unsubscribed']])
  await vi.waitFor(() => expect(counted()).toEqual({ 'slack not_sent': 1 }))
})

it('retries a webhook notification until the webhook outbox accepts it', async () => {
  const { wake } = startScripted([1, 2, 3, 4].map(() => ({ result: 'retry', error: 'full' }) as const))
  await put('k', [{ type: 'webhook' }])
  for (let attempts = 1; attempts <= 4; attempts++) {
    wake()
    await reach([['waiting', attempts, 'full']])
    now = (await store.alerts.nextNotificationAt())!
  }
  wake()
  await reach([['done', 5, null]])
  await vi.waitFor(() => expect(counted()).toEqual({ 'webhook retried': 4, 'webhook sent': 1 }))
})

it('sends four notifications of an account at once, and continues while one attempt hangs', async () => {
  const waiting = new Map<number, (result: SendResult) => void>()
  let most = 0
  const { wake } = startSender(({ id }) => {
    const sent = new Promise<SendResult>((resolve) => waiting.set(id, resolve))
    most = Math.max(most, waiting.size)
    return sent
  })
  for (let index = 0; index < 20; index++) await put(`k${index}`)
  wake()
  const hanging = await vi.waitFor(() => (expect(waiting.size).toBe(4), [...waiting.keys()][0]!))
  for (let done = 0; done < 19; done++) {
    const id = await vi.waitFor(() => [...waiting.keys()].find((one) => one !== hanging) ?? expect.fail())
    waiting.get(id)!({ result: 'done' })
    waiting.delete(id)
  }
  await vi.waitFor(async () =>
    expect((await listNotifications()).filter(({ state }) => state === 'done')).toHaveLength(19),
  )
  expect([most, [...waiting.keys()]]).toEqual([4, [hanging]])
  waiting.get(hanging)!({ result: 'done' })
})

describe('after a crash', () => {
  /** The state left by a process that died while sending. */
  const crash = async () => {
    expect(
      await store.alerts.claimNotifications({
        now,
        leaseUntil: now + 60_000,
        limit: 8,
        limitOfAccount: 8,
        inFlight: new Map(),
      }),
    ).toHaveLength(1)
    await store.reopen()
  }

  it('sends an unfinished notification again after its lease expires', async () => {
    await put()
    await crash()
    const { wake, begun } = startScripted([])
    wake()
    expect(await stateOf()).toEqual([['in_flight', 1, null]])
    now += 60_000
    wake()
    await reach([['done', 2, null]])
    expect(begun).toEqual([60_000])
  })

  it('attempts a notification at most three times, even after several crashes', async () => {
    await put()
    for (let life = 0; life < 3; life++) {
      await crash()
      now += 60_000
    }
    const { wake, begun } = startScripted([])
    wake()
    await reach([['failed', 4, 'interrupted']])
    expect(begun).toEqual([])
  })
})

describe('a wall clock that is changed', () => {
  const HOUR_MS = 60 * 60 * 1000

  it.each([HOUR_MS, -HOUR_MS])('sends one retry on time when the clock changes by %i ms', async (jump) => {
    const { wake, begun } = startScripted([{ result: 'retry', error: 'HTTP 500' }])
    await put()
    wake()
    await reach([['waiting', 1, 'HTTP 500']])
    wallOffset = jump
    const due = (await store.alerts.nextNotificationAt())! - now
    expect(due).toBeGreaterThanOrEqual(5_000)
    expect(due).toBeLessThanOrEqual(5_500)
    now += due - 1
    wake()
    now += 1
    wake()
    await reach([['done', 2, null]])
    expect(begun).toEqual([0, due])
    expect((await listNotifications())[0]!.endedAt).toBe(now + jump)
  })

  it('keeps the lease of a running notification attempt when the clock is set forward by an hour', async () => {
    const ends: ((result: SendResult) => void)[] = []
    const { wake } = startSender(
      (_, signal) =>
        new Promise(
          (resolve) => (
            ends.push(resolve),
            signal.addEventListener('abort', () => resolve({ result: 'done' }))
          ),
        ),
    )
    await put()
    wake()
    await reach([['in_flight', 1, null]])
    wallOffset = HOUR_MS
    await put('later')
    wake()
    await vi.waitFor(() => expect(ends).toHaveLength(2))
    for (const end of ends) end({ result: 'done' })
    await reach([
      ['done', 1, null],
      ['done', 1, null],
    ])
  })

  it('sends a new notification without delay after the clock was set forward by an hour', async () => {
    const { wake } = startScripted([])
    wallOffset = HOUR_MS
    await store.alerts.putNotifications(
      { ...alert, destinations: [SLACK] },
      { key: 'k', event: 'alert', at: now + wallOffset, data: {} },
    )
    wake()
    await reach([['done', 1, null]])
  })

  it('does not delay a pending notification if the clock was set back before a restart', async () => {
    const { wake, stop } = startScripted([{ result: 'retry', error: 'HTTP 500' }])
    await put()
    wake()
    await reach([['waiting', 1, 'HTTP 500']])
    await stop()
    now -= HOUR_MS
    startScripted([]).wake()
    await reach([['done', 2, null]])
  })
})

it('sends a notification again after a restart if the stop aborted its attempt', async () => {
  const sender = startSender(
    (_: Notification, signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => resolve({ result: 'retry', error: 'cancelled' })),
      ),
  )
  await put()
  sender.wake()
  await reach([['in_flight', 1, null]])
  await sender.stop()
  expect(await stateOf()).toEqual([['waiting', 1, 'stopped']])
  const { wake } = startScripted([])
  wake()
  await reach([['done', 2, null]])
})

it('deletes notifications after thirty days, or together with their alert', async () => {
  const { wake, purge } = startScripted([])
  await put()
  wake()
  await reach([['done', 1, null]])
  now += 31 * 24 * 60 * 60 * 1000
  await put('later')
  wake()
  await purge.run()
  await reach([['done', 1, null]])
  await store.alerts.removeAlert(alert.id, { actor: null, at: START })
  expect(await listNotifications()).toEqual([])
})
