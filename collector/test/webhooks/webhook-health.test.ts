import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { deriveEventId } from '../../src/webhooks/outbox.js'
import type { OpenWebhooks } from '../support/open-webhooks.js'
import { closeWebhooksInFakeTime, openWebhooksInFakeTime } from '../support/open-webhooks-in-fake-time.js'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS

let opened: OpenWebhooks
beforeEach(async () => void (opened = await openWebhooksInFakeTime()))
afterEach(() => closeWebhooksInFakeTime(opened))

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const skip = (ms: number) => void (opened.clock.skippedMs += ms)
const find = (id: string) => opened.store.findWebhook(id)

it('disables a webhook at the twentieth failed delivery in a row, and logs it once', async () => {
  opened.answers['/a'] = 400
  const webhook = await opened.add('/a')
  for (let delivery = 1; delivery <= 19; delivery++) {
    await opened.put(1)
    await pass(100)
    skip(HOUR_MS)
  }
  expect(await find(webhook.id)).toMatchObject({ isActive: true, failuresInRow: 19 })
  await opened.put(1)
  await pass(1_000)
  expect(await find(webhook.id)).toMatchObject({
    isActive: false,
    failuresInRow: 20,
    disabledReason: '20 deliveries in a row failed',
  })
  expect(opened.webhooks.outbox.hasSubscriber(opened.site.id, 'event')).toBe(false)
  await opened.put(5)
  await pass(60_000)
  expect(opened.sent).toHaveLength(20)
  expect((await opened.logOf(webhook)).filter(({ kind }) => kind === 'disabled')).toMatchObject([
    { note: '20 deliveries in a row failed', actor: null },
  ])
})

it('disables a webhook once during many failures, and resumes its deliveries when it is enabled', async () => {
  opened.answers['/a'] = 400
  const webhook = await opened.add('/a')
  await opened.put(60)
  await pass(10_000)
  const failed = opened.sent.length
  expect(failed).toBeGreaterThanOrEqual(20)
  expect(failed).toBeLessThanOrEqual(28)
  expect(await find(webhook.id)).toMatchObject({ isActive: false, backlog: 60 - failed })
  opened.answers['/a'] = 200
  await opened.webhooks.enable(webhook.id, 'key_1')
  await pass(1_000)
  expect(await find(webhook.id)).toMatchObject({
    isActive: true,
    disabledReason: null,
    backlog: 0,
    failuresInRow: 0,
  })
  expect([opened.metric('delivered'), opened.metric('failed')]).toEqual([60 - failed, failed])
  expect(await opened.webhooks.replay(webhook.id, { failedSince: 0 }, 'key_1')).toBe(failed)
  await pass(1_000)
  expect(opened.metric('delivered')).toBe(60)
  expect(
    new Set(opened.sent.filter(({ result }) => result?.status === 200).map(({ eventId }) => eventId)).size,
  ).toBe(60)
  expect(
    (await opened.logOf(webhook))
      .filter(({ kind }) => kind !== 'delivery')
      .map(({ kind, actor }) => [kind, actor]),
  ).toEqual([
    ['created', 'key_1'],
    ['disabled', null],
    ['enabled', 'key_1'],
    ['replayed', 'key_1'],
  ])
})

it('keeps a webhook enabled if every tenth delivery succeeds', async () => {
  opened.answers['/a'] = (message) =>
    Promise.resolve(
      (JSON.parse(message.body) as { data: { number: number } }).data.number % 10 === 0 ? 200 : 404,
    )
  const webhook = await opened.add('/a')
  for (let round = 0; round < 10; round++) {
    await opened.put(10)
    await pass(1_000)
  }
  opened.answers['/a'] = 400
  for (let test = 0; test < 25; test++) {
    const tested = opened.webhooks.test(webhook.id, { event: 'test', data: {}, actor: 'key_1' })
    await pass(100)
    expect(await tested).toMatchObject({ status: 400, answer: 'ok' })
  }
  expect(opened.sent).toHaveLength(125)
  expect(await find(webhook.id)).toMatchObject({ isActive: true, failuresInRow: 0 })
  expect((await opened.logOf(webhook)).filter(({ kind }) => kind === 'test')).toHaveLength(25)
})

it('disables a webhook immediately if its endpoint is gone', async () => {
  opened.answers['/a'] = 410
  const webhook = await opened.add('/a')
  await opened.put(1)
  await pass(1_000)
  expect(await find(webhook.id)).toMatchObject({
    isActive: false,
    disabledReason: 'the endpoint answered 410 Gone',
  })
})

it('replays failed deliveries with the same IDs', async () => {
  opened.answers['/a'] = 404
  const webhook = await opened.add('/a')
  await opened.put(5)
  await pass(1_000)
  const since = Date.now()
  await opened.put(10)
  await pass(1_000)
  const failed = opened.sent.slice(5).map(({ eventId }) => eventId)
  opened.answers['/a'] = 200
  opened.sent.length = 0
  expect(await opened.webhooks.replay(webhook.id, { failedSince: since }, 'key_1')).toBe(10)
  await pass(1_000)
  expect(opened.sent.map(({ eventId }) => eventId).sort()).toEqual(failed.sort())
  expect(await opened.webhooks.replay(webhook.id, { eventId: failed[0]! }, 'key_1')).toBe(1)
  await pass(1_000)
  expect(opened.sent.at(-1)!.eventId).toBe(failed[0])
  expect(await opened.webhooks.replay(webhook.id, { eventId: 'evt_none' }, 'key_1')).toBe(0)
  expect(await opened.webhooks.replay('wh_none', { failedSince: since }, 'key_1')).toBeUndefined()
  expect(
    (await opened.logOf(webhook))
      .filter(({ kind }) => kind === 'replayed')
      .map(({ count, actor }) => [count, actor]),
  ).toEqual([
    [10, 'key_1'],
    [1, 'key_1'],
    [0, 'key_1'],
  ])
})

it('replays each of a thousand failed deliveries once after a day of downtime', async () => {
  const answerAfter = (ms: number, status: number) => () =>
    new Promise<number>((resolve) => setTimeout(() => resolve(status), ms))
  opened.answers['/a'] = answerAfter(4_000, 503)
  const webhook = await opened.add('/a')
  await opened.put(3)
  await pass(60_000)
  const since = Date.now()
  await opened.put(1_000)
  await pass(240_000)
  expect(await find(webhook.id)).toMatchObject({ isActive: false })
  skip(DAY_MS + HOUR_MS)
  const tidied = opened.webhooks.purge.run(new AbortController().signal)
  await pass(1_000)
  await tidied
  expect(await find(webhook.id)).toMatchObject({ backlog: 0 })
  expect(opened.metric('failed') + opened.metric('dropped')).toBe(1_003)

  opened.answers['/a'] = answerAfter(80, 200)
  opened.sent.length = 0
  await opened.webhooks.enable(webhook.id, 'key_1')
  expect(await opened.webhooks.replay(webhook.id, { failedSince: since }, 'key_1')).toBe(1_000)
  await pass(30_000)
  const ids = Array.from({ length: 1_000 }, (_, index) =>
    deriveEventId({ siteId: opened.site.id, name: 'event', key: `event-${index + 4}` }),
  )
  expect(opened.sent.map(({ eventId }) => eventId).sort()).toEqual(ids.sort())
  expect(opened.metric('delivered')).toBe(1_000)
  expect(await opened.webhooks.replay(webhook.id, { failedSince: since }, 'key_1')).toBe(0)
})

it('gives up pending deliveries after a day, and deletes all records after thirty days', async () => {
  opened.answers['/a'] = 410
  const [gone, fine] = [await opened.add('/a'), await opened.add('/b')]
  await opened.put(3)
  await pass(1_000)
  const waiting = (await find(gone.id))!.backlog
  expect((await find(gone.id))!.isActive).toBe(false)
  skip(DAY_MS + HOUR_MS)
  await opened.webhooks.purge.run(new AbortController().signal)
  expect(await find(gone.id)).toMatchObject({ backlog: 0 })
  expect(
    (await opened.logOf(gone))
      .filter(({ kind }) => kind === 'dropped')
      .map(({ count, note }) => [count, note]),
  ).toEqual(waiting > 0 ? [[waiting, 'waited for 24 hours']] : [])
  expect(opened.metric('failed') + opened.metric('dropped') + opened.metric('delivered')).toBe(6)
  expect(await opened.logOf(fine)).toHaveLength(4)
  skip(30 * DAY_MS)
  await opened.webhooks.purge.run(new AbortController().signal)
  expect(await opened.logOf(fine)).toEqual([])
  expect(await opened.webhooks.replay(fine.id, { eventId: opened.sent[0]!.eventId }, null)).toBe(0)
})

it('logs every attempt and every change of a webhook, with consistent totals', async () => {
  opened.answers['/a'] = [500, 200, 404, 200]
  const webhook = await opened.add('/a')
  await opened.put(20)
  await pass(60_000)
  await opened.webhooks.rotate(webhook.id, 'second', 'key_2')
  await opened.webhooks.remove(webhook.id, 'key_3')
  const log = await opened.logOf(webhook)
  expect(log.filter(({ kind }) => kind === 'delivery')).toHaveLength(opened.sent.length)
  expect(log.filter(({ kind }) => kind !== 'delivery').map(({ kind, actor }) => [kind, actor])).toEqual([
    ['created', 'key_1'],
    ['rotated', 'key_2'],
    ['removed', 'key_3'],
  ])
  expect([opened.metric('delivered'), opened.metric('failed')]).toEqual([19, 1])
})
