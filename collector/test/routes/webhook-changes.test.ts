import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Webhook } from '../../src/webhooks/webhook.js'
import { expectEvery } from '../support/expect-every.js'
import { openWebhooks, type OpenWebhooks } from '../support/open-webhooks.js'

let opened: OpenWebhooks
beforeEach(async () => {
  opened = await openWebhooks()
})
afterEach(() => opened.close())

/** Adds webhooks with a full backlog, whose receivers answer within a few milliseconds. */
async function addUnderLoad(count: number): Promise<Webhook[]> {
  const webhooks: Webhook[] = []
  for (let index = 0; index < count; index++) {
    opened.answers[`/${index}`] = async () => {
      await sleep(Math.random() * 5)
      return 200
    }
    webhooks.push(await opened.add(`/${index}`))
  }
  await opened.put(300)
  for (const { id } of webhooks) await waitForAttempts(1, id)
  return webhooks
}

const sentTo = (id: string) => opened.sent.filter(({ webhook }) => webhook.id === id)

/** Waits until this many attempts have begun, of one webhook or of all. */
const waitForAttempts = (count: number, id?: string) =>
  expect
    .poll(() => (id === undefined ? opened.sent : sentTo(id)).length, { timeout: 20_000, interval: 1 })
    .toBeGreaterThanOrEqual(count)

/** Waits until every delivery of a webhook has succeeded or failed. */
const waitForEmptyBacklog = ({ id }: Webhook) =>
  expect
    .poll(async () => (await opened.store.findWebhook(id))!.backlog, { timeout: 20_000, interval: 5 })
    .toBe(0)

it('signs no delivery with the old secret after a rotation is answered', async () => {
  const webhooks = await addUnderLoad(3)
  for (let turn = 0; turn < 15; turn++) {
    const { id } = webhooks[turn % 3]!
    await opened.webhooks.rotate(id, `secret-${turn}`, 'key_1')
    const before = sentTo(id)
    expectEvery(
      before,
      ({ webhook, endedAt }) => endedAt !== undefined || webhook.secret === `secret-${turn}`,
    )
    await waitForAttempts(before.length + 1, id)
    expectEvery(sentTo(id).slice(before.length), ({ webhook }) => webhook.secret === `secret-${turn}`)
  }
  expect(opened.sent.length).toBeGreaterThan(30)
  expectEvery(opened.sent, ({ result }) => result === undefined || result.status === 200)
})

it('sends no request to a webhook after its removal is answered', async () => {
  const webhooks = await addUnderLoad(5)
  for (const { id } of webhooks) {
    expect(await opened.webhooks.remove(id, 'key_1')).toBe(true)
    const before = sentTo(id)
    expectEvery(before, ({ endedAt }) => endedAt !== undefined)
    // Proves that no attempt begins meanwhile.
    await sleep(20)
    expect(sentTo(id)).toHaveLength(before.length)
    expect(await opened.webhooks.remove(id, 'key_1')).toBe(false)
    expect(await opened.webhooks.test(id, { event: 'test', data: {}, actor: null })).toBeUndefined()
  }
  await opened.webhooks.purge.run(new AbortController().signal)
  expect(await opened.webhooks.replay(webhooks[0]!.id, { failedSince: 0 }, null)).toBeUndefined()
})

it('aborts a running attempt when its webhook is removed', async () => {
  opened.answers['/a'] = (_message, signal) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(0)))
  const webhook = await opened.add('/a')
  await opened.put(1)
  await waitForAttempts(1)
  await opened.webhooks.remove(webhook.id, 'key_1')
  expect((await opened.logOf(webhook)).map(({ kind, error, note }) => [kind, error, note])).toEqual([
    ['created', null, null],
    ['removed', null, null],
    ['delivery', 'cancelled', 'cancelled'],
  ])
})

it('waits until the delivery lease of another process expires, even if that process died', async () => {
  opened.answers['/a'] = () => new Promise(() => {})
  const webhook = await opened.add('/a')
  await opened.put(1)
  await waitForAttempts(1)
  await opened.crash()
  let isAnswered = false
  const rotated = opened.webhooks.rotate(webhook.id, 'second', null).then(() => (isAnswered = true))
  // Proves that the rotation is not answered meanwhile.
  await sleep(200)
  expect(isAnswered).toBe(false)
  opened.clock.skippedMs += 6_500
  await rotated
})

it('removes the deliveries of an erased visitor or a removed site', async () => {
  opened.answers['/a'] = 404
  const webhook = await opened.add('/a')
  await opened.put(2, { data: { visitorId: 'visitor "one"' } })
  await opened.put(1, { data: { visitorId: 'visitor two' } })
  await waitForEmptyBacklog(webhook)
  await opened.webhooks.erase({ siteIds: ['ws_other'], visitorId: 'visitor two' })
  await opened.webhooks.erase({ siteIds: [opened.site.id], visitorId: 'visitor "one"' })
  expect(await opened.webhooks.replay(webhook.id, { failedSince: 0 }, null)).toBe(1)
  await opened.webhooks.erase({ siteIds: [opened.site.id] })
  await waitForEmptyBacklog(webhook)
  expect(await opened.webhooks.replay(webhook.id, { failedSince: 0 }, null)).toBe(0)
  expectEvery(await opened.logOf(webhook), ({ answer }) => !answer)
})

it('drops webhook payloads over one megabyte, and logs their number', async () => {
  const webhook = await opened.add('/a')
  await opened.put(2, { data: { text: 'x'.repeat(1024 * 1024) } })
  await opened.put(1, { data: { text: 'x'.repeat(1024 * 1023) } })
  expect(
    (await opened.logOf(webhook))
      .filter(({ kind }) => kind === 'dropped')
      .map(({ count, note }) => [count, note]),
  ).toEqual([[2, 'the payload is over 1 MB']])
  await waitForAttempts(1)
  expect(opened.sent).toHaveLength(1)
})

it('gives two events with the same name and millisecond different timestamps', async () => {
  await opened.add('/a')
  const at = Date.now() + 1_000
  for (let round = 0; round < 2; round++) await opened.put(30, { at })
  await opened.put(1, { at: at - 20 })
  await waitForAttempts(61)
  const stamps = opened.sent
    .map(({ body }) => Date.parse((JSON.parse(body) as { timestamp: string }).timestamp))
    .sort()
  expect(stamps).toEqual([at - 20, ...Array.from({ length: 60 }, (_, index) => at + index)])
  for (const { body } of opened.sent) expect(JSON.stringify(JSON.parse(body))).toBe(body)
})
