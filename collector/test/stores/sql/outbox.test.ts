import { afterEach, beforeEach, expect, it } from 'vitest'
import type { NewWebhook, Webhook, WebhookEvent } from '../../../src/webhooks/webhook.js'
import { openTestControl, type TestControl } from '../../support/open-test-control.js'

const NOW = Date.UTC(2026, 10, 21, 12)
const TIMES = { now: NOW, wallNow: NOW }

let opened: TestControl
let siteId: string
beforeEach(async () => {
  opened = await openTestControl()
  siteId = (await opened.control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] })).id
})
afterEach(() => opened.close())

const addWebhook = async (fields: Partial<NewWebhook> = {}, at = NOW): Promise<Webhook> =>
  (await opened.webhooks.addWebhook(
    {
      accountId: 'acc_default',
      siteId,
      url: 'https://hooks.example/a',
      events: ['pageview', 'goal'],
      description: '',
      secret: 'sealed',
      ...fields,
    },
    { actor: 'key', at },
  ))!

const event = (key: string, fields: Partial<WebhookEvent> = {}): WebhookEvent => ({
  key,
  name: 'pageview',
  siteId,
  at: NOW + 1,
  data: { path: '/' },
  ...fields,
})
const backlogOf = async ({ id }: Webhook) => (await opened.webhooks.findWebhook(id))!.backlog

it('queues an event once for each subscribed webhook of its site and account', async () => {
  const other = await opened.control.addSite({ domain: 'other.example', name: 'Other', allowedDomains: [] })
  const [own, wide, deaf, foreign] = [
    await addWebhook(),
    await addWebhook({ siteId: null }),
    await addWebhook({ events: ['alert'] }),
    await addWebhook({ siteId: other.id }),
  ]
  expect(await opened.webhooks.putDeliveries([event('a'), event('b'), event('a')], TIMES)).toMatchObject({
    queued: 4,
    dropped: 0,
  })
  expect(
    await opened.webhooks.putDeliveries([event('a'), event('a', { name: 'goal' })], TIMES),
  ).toMatchObject({ queued: 2, dropped: 0 })
  expect(await Promise.all([own, wide, deaf, foreign].map(backlogOf))).toEqual([3, 3, 0, 0])
})

it('logs the number of new events that happened before their webhook was created', async () => {
  const other = await opened.control.addSite({ domain: 'other.example', name: 'Other', allowedDomains: [] })
  const early = [
    event('a', { at: NOW - 1 }),
    event('b', { at: NOW - 2 }),
    event('c', { name: 'alert', at: NOW - 1 }),
  ]
  const [own, foreign] = [await addWebhook(), await addWebhook({ siteId: other.id })]
  const put = (options: object) =>
    opened.webhooks.putDeliveries([...early, event('d')], { ...TIMES, ...options })
  expect(await put({ logsEarly: true })).toMatchObject({ queued: 1, dropped: 0 })
  // A replay after a crash publishes the same events again.
  await put({})
  const logOf = async ({ id, siteId: logged }: Webhook) =>
    (await opened.webhooks.listLog({ accountId: 'acc_default', siteId: logged, webhookId: id, limit: 10 }))
      .filter(({ kind }) => kind === 'dropped')
      .map(({ note, count }) => [note, count])
  expect(await logOf(own)).toEqual([['happened before the webhook was created', 2]])
  expect(await logOf(foreign)).toEqual([])
})

it('queues at most a hundred deliveries at a time, so that the event loop is not blocked', async () => {
  for (let count = 0; count < 10; count++) await addWebhook()
  let [turns, isOver] = [0, false]
  const count = () => {
    turns++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const { queued } = await opened.webhooks.putDeliveries(
    Array.from({ length: 100 }, (_, index) => event(`event-${index}`)),
    TIMES,
  )
  isOver = true
  expect(queued).toBe(1_000)
  expect(turns).toBeGreaterThanOrEqual(9)
})

it('delivers no event from before the creation or after the removal of a webhook', async () => {
  const webhook = await addWebhook({}, NOW)
  expect(
    (
      await opened.webhooks.putDeliveries(
        [event('before', { at: NOW - 1 }), event('then', { at: NOW })],
        TIMES,
      )
    ).queued,
  ).toBe(1)
  await opened.webhooks.removeWebhook(webhook.id, { actor: 'key', at: NOW })
  expect(await opened.webhooks.putDeliveries([event('after')], TIMES)).toMatchObject({
    queued: 0,
    dropped: 0,
  })
  expect(await opened.webhooks.findWebhook(webhook.id)).toBeUndefined()
})

it('allows at most ten webhooks per site', async () => {
  for (let count = 0; count < 10; count++) await addWebhook()
  expect(await addWebhook()).toBeUndefined()
  expect(await addWebhook({ siteId: null })).toBeDefined()
})
