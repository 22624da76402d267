import {
  MAX_EVENT_NAME_LENGTH,
  MAX_ID_LENGTH,
  MAX_LABEL_LENGTH,
  MAX_PROPERTIES,
  MAX_PROPERTY_KEY_LENGTH,
  MAX_PROPERTY_VALUE_LENGTH,
  MAX_TITLE_LENGTH,
  MAX_URL_LENGTH,
} from '@zenovay/tracker/contract'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { EventRow } from '../../src/ingest/event-row.js'
import { OUTCOMES } from '../../src/ingest/outcomes.js'
import { createTestApp, METRICS_TOKEN } from '../support/create-test-app.js'
import { hostileRequest, type HostileRequest, SAVED_BODIES } from '../support/hostile-requests.js'
import { startTestCollector } from '../support/start-test-collector.js'

const REQUESTS = 10_000
const AT_ONCE = 250
const STORED_REQUESTS = 600
// No 500, and no 503, since nothing here exceeds a limit of memory.
const STATUSES = [200, 400, 403, 404, 413, 415]

const CAPS: Partial<Record<keyof EventRow, number>> = {
  event_id: MAX_ID_LENGTH,
  visitor_id: MAX_ID_LENGTH + 's_'.length,
  session_id: MAX_ID_LENGTH,
  user_id: MAX_ID_LENGTH,
  event_type: MAX_LABEL_LENGTH,
  event_name: MAX_EVENT_NAME_LENGTH,
  title: MAX_TITLE_LENGTH,
  origin: MAX_URL_LENGTH,
  path: MAX_URL_LENGTH,
  query: MAX_URL_LENGTH,
  referrer: MAX_URL_LENGTH,
  device_type: MAX_LABEL_LENGTH,
  browser: MAX_LABEL_LENGTH,
  os: MAX_LABEL_LENGTH,
  language: MAX_LABEL_LENGTH,
  screen: MAX_LABEL_LENGTH,
  timezone: MAX_LABEL_LENGTH,
  country: 2,
  channel: MAX_LABEL_LENGTH,
  source: MAX_LABEL_LENGTH,
  utm_source: MAX_LABEL_LENGTH,
  utm_medium: MAX_LABEL_LENGTH,
  utm_campaign: 200,
  utm_term: 200,
  utm_content: 200,
}

/** Fields of a stored row that exceed their limit or are no valid text. */
function findExcess(row: EventRow): string[] {
  const excess = Object.entries(CAPS).flatMap(([field, cap]) => {
    const value = row[field as keyof EventRow] as string
    return value.length > cap
      ? [`${field} has ${value.length} characters`]
      : value.isWellFormed()
        ? []
        : [`${field} holds half a surrogate pair`]
  })
  const properties = Object.entries(JSON.parse(row.properties) as Record<string, unknown>)
  if (properties.length > MAX_PROPERTIES) excess.push(`${properties.length} properties`)
  for (const [key, value] of properties) {
    if (
      key.length > MAX_PROPERTY_KEY_LENGTH ||
      (typeof value === 'string' && value.length > MAX_PROPERTY_VALUE_LENGTH)
    )
      excess.push(`property ${key}`)
    if (!['string', 'number', 'boolean'].includes(typeof value))
      excess.push(`property ${key} is a ${typeof value}`)
  }
  return excess
}

let addresses = 0
const headersOf = ({ contentType, headers }: HostileRequest) => ({
  ...headers,
  'content-type': contentType,
  'x-forwarded-for': `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses++ & 255}`,
})

const saved: HostileRequest[] = SAVED_BODIES.map(({ body }) => ({
  body,
  contentType: 'text/plain',
  headers: {},
  code: undefined,
}))

async function inChunks<Item>(items: Item[], run: (item: Item) => Promise<void>): Promise<void> {
  for (let i = 0; i < items.length; i += AT_ONCE) await Promise.all(items.slice(i, i + AT_ONCE).map(run))
}

it(`accepts ${REQUESTS} hostile requests without an error, and counts each of their events once`, async () => {
  const { app, site, rows, log, readMetric, close } = await createTestApp()
  const prototype = JSON.stringify(Object.getOwnPropertyNames(Object.prototype))
  const seed = Math.trunc(Math.random() * 2 ** 31)
  const requests = [...saved, ...fc.sample(hostileRequest, { seed, numRuns: REQUESTS - saved.length })]
  const counts = new Map<number, number>()

  await inChunks(requests, async (request) => {
    const answer = await app.inject({
      method: 'POST',
      url: `/e/${request.code ?? site.trackingCode}`,
      headers: headersOf(request),
      payload: request.body,
    })
    const context = () => `seed ${seed}: ${JSON.stringify(request).slice(0, 2000)}`
    const { success } = JSON.parse(answer.body) as { success: boolean }
    if (!STATUSES.includes(answer.statusCode) || success !== (answer.statusCode === 200))
      expect.fail(`${answer.statusCode} ${answer.body} to ${context()}`)
    if (answer.headers['access-control-allow-origin'] !== '*') expect.fail(`no CORS header to ${context()}`)
    counts.set(answer.statusCode, (counts.get(answer.statusCode) ?? 0) + 1)
  })

  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(prototype)
  const received = readMetric('zenovay_events_received_total')
  expect(
    OUTCOMES.reduce((sum, outcome) => sum + readMetric(`zenovay_events_total{outcome="${outcome}"}`), 0),
    `seed ${seed}`,
  ).toBe(received)
  expect(readMetric('zenovay_events_total{outcome="stored"}')).toBe(rows.length)
  expect(
    readMetric('zenovay_events_total{outcome="failed"}') + readMetric('zenovay_events_total{outcome="shed"}'),
  ).toBe(0)
  expect(rows.flatMap(findExcess), `seed ${seed}`).toEqual([])
  // The test would prove little if all requests were rejected early.
  expect(rows.length).toBeGreaterThan(REQUESTS / 10)
  for (const status of STATUSES) expect(counts.get(status), `answers with ${status}`).toBeGreaterThan(0)
  // Requests of strangers never fill the log, even at its most verbose level.
  expect(log).toEqual([])
  await close()
})

it(`stores exactly the events that it counts as stored from ${STORED_REQUESTS} hostile requests`, async () => {
  const collector = await startTestCollector({ TRUSTED_PROXIES: '127.0.0.1', METRICS_TOKEN })
  const seed = Math.trunc(Math.random() * 2 ** 31)
  const requests = [...saved, ...fc.sample(hostileRequest, { seed, numRuns: STORED_REQUESTS - saved.length })]
  await inChunks(requests, async (request) => {
    const { 'content-type': contentType, ...headers } = headersOf(request)
    const answer = await collector.post(request.body, {
      contentType,
      headers,
      ...(request.code !== undefined && { code: request.code }),
    })
    if (!STATUSES.includes(answer.status))
      expect.fail(
        `${answer.status} ${await answer.text()} to seed ${seed}: ${JSON.stringify(request).slice(0, 2000)}`,
      )
    await answer.arrayBuffer()
  })
  const metrics = await (await collector.get('/metrics', { authorization: `Bearer ${METRICS_TOKEN}` })).text()
  const read = (name: string) =>
    Number(
      metrics
        .split('\n')
        .find((line) => line.startsWith(`${name} `))!
        .slice(name.length),
    )
  const rows = await collector.select<EventRow>('SELECT * FROM events')
  expect(rows.length, `seed ${seed}`).toBe(read('zenovay_events_total{outcome="stored"}'))
  expect(OUTCOMES.reduce((sum, outcome) => sum + read(`zenovay_events_total{outcome="${outcome}"}`), 0)).toBe(
    read('zenovay_events_received_total'),
  )
  expect(rows.length).toBeGreaterThan(STORED_REQUESTS / 10)
  expect(rows.flatMap(findExcess), `seed ${seed}`).toEqual([])
  await collector.close()
})
