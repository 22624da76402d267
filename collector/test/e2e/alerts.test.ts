import { randomUUID } from 'node:crypto'
import { createApiKey } from '@zenovay/collector'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { EventRow } from '../../src/ingest/event-row.js'
import { createClickhouseMetricSource } from '../../src/stores/clickhouse/alert-metrics.js'
import { createClickhouseEventStore } from '../../src/stores/clickhouse/event-store.js'
import { makeEvent } from '../support/make-event.js'
import { makeRow } from '../support/make-row.js'
import { type MailServer, startMailServer } from '../support/start-mail-server.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

const MINUTE_MS = 60_000
const TOKEN = 'a-token-of-these-tests'
let now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS
let mails: MailServer
let collector: TestCollector
let adminKey: string

beforeAll(async () => {
  mails = await startMailServer()
  collector = await startTestCollector(
    {
      SMTP_URL: mails.url,
      MAIL_FROM: 'alerts@example.com',
      PUBLIC_URL: 'https://stats.example.com',
      MAIL_TRUSTED_RECIPIENTS: 'example.com',
      UPTIME_TOKEN: TOKEN,
    },
    { now: () => now },
  )
  const { secret, record } = createApiKey({ name: 'admin', siteId: null, scope: 'admin' }, now)
  await collector.collector.control.addApiKey(record)
  adminKey = secret
})
afterAll(async () => {
  await collector.close()
  await mails.close()
})

const post = async (path: string, body: unknown, token = adminKey) => {
  const answer = await fetch(collector.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  })
  return { status: answer.status, ...((await answer.json()) as { data: { id: string } }) }
}
const addAlert = (fields: object) =>
  post('/api/alerts', {
    site_id: collector.site.id,
    destinations: [{ type: 'email', address: 'ops@example.com' }],
    ...fields,
  })
const waitForMail = (text: string) =>
  vi.waitFor(() => mails.received.find(({ data }) => data.includes(text)) ?? expect.fail(), {
    timeout: 10_000,
  })

it('sends one mail for an alert whose minute ended while the collector was stopped', async () => {
  expect(
    (await addAlert({ name: 'Rush', metric: 'pageviews', threshold: 2, window_minutes: 1 })).status,
  ).toBe(201)
  now += MINUTE_MS / 2
  for (let count = 0; count < 3; count++)
    expect((await collector.post(makeEvent({ event_id: randomUUID() }))).status).toBe(200)
  now += 5 * MINUTE_MS
  await collector.restart()
  const { to, data } = await waitForMail('Subject: Alert: Rush')
  expect(to).toEqual(['<ops@example.com>'])
  expect(data).toContain('Condition: pageviews > 2\r\nCurrent: 3\r\nThreshold: 2\r\n')
  now += 5 * MINUTE_MS
  await collector.restart()
  const { id } = (await addAlert({ name: 'Later', metric: 'uptime' })).data
  await post(`/api/alerts/${id}/test`, {})
  await waitForMail('Subject: Alert: Test: Later')
  expect(mails.received).toHaveLength(2)
})

it('sends an alert mail if a monitor reports that the site is down', async () => {
  await addAlert({ name: 'Outage', metric: 'uptime' })
  expect((await post('/webhooks/uptime', { site_id: collector.site.id, status: 'down' }, TOKEN)).status).toBe(
    200,
  )
  expect((await waitForMail('Subject: Alert: Outage')).data).toContain('Condition: uptime < 1\r\n')
})

describe('the metrics of a window', () => {
  const SITE = 'ws_figures'
  const FROM = Date.UTC(2026, 2, 29)
  const WINDOW = { from: FROM, to: FROM + 10 * MINUTE_MS }
  const row = (occurred: number, fields: Partial<EventRow> = {}) =>
    makeRow({
      site_id: SITE,
      occurred_at: FROM + occurred,
      received_at: FROM + 10 * MINUTE_MS,
      event_id: randomUUID(),
      ...fields,
    })
  const pay = (amount: unknown, currency?: string) =>
    row(5, {
      event_type: 'revenue',
      visitor_id: 'payer',
      session_id: 's-payer',
      properties: JSON.stringify({ amount, currency }),
    })
  let figures: ReturnType<typeof createClickhouseMetricSource>

  beforeAll(async () => {
    figures = createClickhouseMetricSource({ url: collector.engine.url })
    const events = await createClickhouseEventStore({ url: collector.engine.url })
    const rows = [
      // In the first and the last millisecond of the window, received in the window long after the event happened, and
      // just outside the window.
      row(0, { visitor_id: 'a', session_id: 's1' }),
      row(10 * MINUTE_MS - 1, { visitor_id: 'a', session_id: 's2' }),
      row(5, { visitor_id: 'b', session_id: 's3', received_at: FROM + 7 * 24 * 60 * MINUTE_MS }),
      row(-7 * 24 * 60 * MINUTE_MS, { visitor_id: 'late', received_at: FROM + 5 }),
      row(-1, { visitor_id: 'before' }),
      row(10 * MINUTE_MS, { visitor_id: 'after' }),
      row(5, { site_id: 'ws_other', visitor_id: 'other' }),
      row(5, { visitor_id: 'b', session_id: 's3', event_type: 'custom', event_name: 'x' }),
      row(5, { visitor_id: 'b', session_id: 's3', event_type: 'goal', event_name: 'x' }),
      row(5, { visitor_id: 'c', session_id: 's4', event_type: 'error' }),
      pay(10.5, 'CHF'),
      pay(20, 'chf'),
      pay(7),
      pay('8', 'CHF'),
    ]
    await events.insertEvents(rows, randomUUID())
    const beats = [-1, 0, 5, 10 * MINUTE_MS].map((received, index) => ({
      site_id: SITE,
      received_at: now + received,
      visitor_id: ['x', 'y', 'y', 'z'][index]!,
    }))
    await events.insertHeartbeats(beats, randomUUID())
    await events.insertEvents([makeRow({ site_id: SITE, occurred_at: now, visitor_id: 'w' })], randomUUID())
    await events.close()
  })
  afterAll(() => figures.close())

  it('counts the events of an alert by their own time, not by their receipt time', async () => {
    expect(await figures.metrics(SITE, WINDOW)).toEqual({
      visitors: 4,
      visits: 5,
      pageviews: 3,
      events: 2,
      goals: 1,
      errors: 1,
    })
    expect(await figures.metrics('ws_nothing', WINDOW)).toEqual({
      visitors: 0,
      visits: 0,
      pageviews: 0,
      events: 0,
      goals: 0,
      errors: 0,
    })
  })

  it('sums revenue in one currency and counts all visitors in the window of an alert', async () => {
    expect(await figures.revenue(SITE, WINDOW, 'CHF')).toEqual({ revenue: 30.5, visitors: 4 })
    expect(await figures.revenue(SITE, WINDOW, 'USD')).toEqual({ revenue: 7, visitors: 4 })
    expect(await figures.revenue(SITE, WINDOW, "CHF' OR 1 = 1 --")).toEqual({ revenue: 0, visitors: 4 })
  })

  it('counts visitors with an event or a heartbeat as live', async () => {
    expect(await figures.liveVisitors(SITE, { from: now, to: now + 10 * MINUTE_MS })).toBe(2)
  })
})
