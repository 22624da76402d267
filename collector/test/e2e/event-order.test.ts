import { createApiKey } from '@zenovay/collector'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeEvent } from '../support/make-event.js'
import { readStream } from '../support/read-stream.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

const VISITS = 12
/** Of a batch with an API key: more than the collector processes without yielding to other requests. */
const LONG_VISIT = 250

let collector: TestCollector
beforeAll(async () => {
  collector = await startTestCollector()
})
afterAll(() => collector.close())

const pageviews = (visit: string, pages: readonly (string | number)[]) =>
  pages.map((page) =>
    makeEvent({ session_id: `session-${visit}`, url: `https://example.com/${visit}/${page}` }),
  )

it('keeps the order of the events in a request, which have the same time', async () => {
  const stream = await readStream(`${collector.url}/api/stream/${collector.site.id}`, {
    'x-api-key': collector.apiKey,
  })
  // The names are in no order, so that neither they nor their hashes decide.
  const visits = Array.from({ length: VISITS }, (_, visit) =>
    pageviews(
      `visit-${visit}`,
      ['m', 'z', 'a'].map((page) => `${page}${(visit * 7) % VISITS}`),
    ),
  )
  for (const visit of visits) expect((await collector.post(visit)).status).toBe(200)

  const [row] = await collector.select(
    'SELECT max(times) AS times FROM (SELECT uniqExact(received_at) AS times FROM events GROUP BY session_id)',
  )
  expect(row).toEqual({ times: 1 })
  const answer = await collector.get(
    `/api/external/v1/analytics/${collector.site.id}/pages?range=24h&limit=100`,
    { 'x-api-key': collector.apiKey },
  )
  const { data } = (await answer.json()) as {
    data: { pages: { url: string; entries: number; exits: number }[] }
  }
  const urlsOf = (isIncluded: (page: { entries: number; exits: number }) => boolean) =>
    data.pages
      .filter(isIncluded)
      .map(({ url }) => url)
      .sort()
  expect(urlsOf(({ entries }) => entries === 1)).toEqual(visits.map(([first]) => first!.url).sort())
  expect(urlsOf(({ exits }) => exits === 1)).toEqual(visits.map(([, , last]) => last!.url).sort())

  const hits = () => stream.dataOf<{ url: string }>('hit').map(({ url }) => url)
  await expect.poll(hits, { timeout: 30_000 }).toEqual(visits.flat().map(({ url }) => url))
  stream.cut()
})

it('gives all events of a long batch the time of its receipt, and keeps their order', async () => {
  const events = pageviews(
    'long',
    Array.from({ length: LONG_VISIT }, (_, page) => (page * 37) % LONG_VISIT),
  )
  const { secret, record } = createApiKey(
    { name: 'server', siteId: collector.site.id, scope: 'write' },
    Date.now(),
  )
  await collector.collector.control.addApiKey(record)
  const answer = await fetch(`${collector.url}/api/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': secret },
    body: JSON.stringify({ trackingCode: collector.site.trackingCode, events }),
  })
  expect(answer.status).toBe(200)

  expect(
    await collector.select(
      "SELECT uniqExact(received_at) AS times, arrayMap(x -> x.2, arraySort(groupArray((position, path)))) AS paths FROM events WHERE session_id = 'session-long'",
    ),
  ).toEqual([{ times: 1, paths: events.map(({ url }) => new URL(url).pathname) }])
})
