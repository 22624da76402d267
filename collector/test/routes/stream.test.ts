import { type Collector, createApiKey, readConfig, startCollector } from '@zenovay/collector'
import type { ErrorBody } from '@zenovay/tracker/contract'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type NewApiKey, parseKeyId } from '../../src/control/keys/api-key.js'
import { MAX_STREAMS_PER_KEY } from '../../src/reports/realtime/stream-hub.js'
import { expectEvery } from '../support/expect-every.js'
import { makeEvent } from '../support/make-event.js'
import { readStream, type StreamReader } from '../support/read-stream.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

let test: TestCollector
/** Another collector on the same store and control data. */
let second: Collector
let key: string
/** Of the senders, which have separate limits. */
let writeKey: string
/** A stream whose key is revoked at the beginning, for the last test, because it may take a while to end. */
let revoked: StreamReader
const opened: StreamReader[] = []

beforeAll(async () => {
  test = await startTestCollector()
  second = await startCollector(
    readConfig({ PORT: '0', DATA_DIR: test.dataDir, LOG_LEVEL: 'silent', CLICKHOUSE_URL: test.engine.url }),
  )
  key = await addKey({ siteId: null })
  writeKey = await addKey({ siteId: null, scope: 'write' })
  const apiKey = await addKey()
  revoked = await readStream(`${second.url}/api/stream/${test.site.id}`, { 'x-api-key': apiKey })
  await test.collector.control.removeApiKey(parseKeyId(apiKey)!)
})
afterEach(() => {
  for (const stream of opened.splice(0)) stream.cut()
})
afterAll(async () => {
  revoked.cut()
  await second.close()
  await test.close()
})

async function addKey(fields: Partial<NewApiKey> = {}): Promise<string> {
  const { secret, record } = createApiKey({ name: 'stream', siteId: test.site.id, ...fields }, Date.now())
  await test.collector.control.addApiKey(record)
  return secret
}

/** A site used by a single test. */
const addSite = () =>
  test.collector.control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] })

interface Opening {
  url?: string
  apiKey?: string
  lastId?: string
}

async function open(
  siteId: string,
  { url = test.url, apiKey = key, lastId }: Opening = {},
): Promise<StreamReader> {
  const stream = await readStream(`${url}/api/stream/${siteId}`, {
    'x-api-key': apiKey,
    ...(lastId !== undefined && { 'last-event-id': lastId }),
  })
  opened.push(stream)
  return stream
}

async function send(trackingCode: string, events: unknown[], url = test.url): Promise<void> {
  const answer = await fetch(`${url}/api/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': writeKey },
    body: JSON.stringify({ trackingCode, events }),
  })
  expect(answer.status).toBe(200)
}

/** The IDs of the hits as they were sent, without the mark of events with an API key. */
const idsOf = (stream: StreamReader) =>
  stream.dataOf<{ id: string }>('hit').map(({ id }) => id.replace(/~KEY$/, ''))
const untilHits = (stream: StreamReader, count: number) =>
  expect.poll(() => idsOf(stream).length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count)

describe('GET /api/stream/{id}', () => {
  it('sends changed live counts and the same metrics as the overview', async () => {
    const site = await addSite()
    const stream = await open(site.id)
    expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    await expect.poll(() => stream.dataOf('live')).toEqual([{ visitors: 0 }])
    await send(site.trackingCode, [
      makeEvent({ visitor_id: 'visitor-a' }),
      makeEvent({ visitor_id: 'visitor-b', session_id: 'session-b' }),
    ])
    await expect.poll(() => stream.dataOf('live').at(-1), { timeout: 10_000 }).toEqual({ visitors: 2 })
    const later = await open(site.id, { url: second.url })
    await expect.poll(() => later.dataOf('analytics'), { timeout: 10_000 }).toHaveLength(1)
    const overview = (await (
      await test.get(`/api/external/v1/analytics/${site.id}?range=24h`, { 'x-api-key': key })
    ).json()) as { data: { summary: { total_visitors: number } } }
    expect(overview.data.summary.total_visitors).toBe(2)
    expect(later.dataOf('analytics')).toEqual([overview.data.summary])
  })

  it('sends the events that any collector stores, without user data', async () => {
    const site = await addSite()
    const stream = await open(site.id)
    const hostile = 'a\n\ndata: {"x":1}\u2028\r\nevent: live'
    await send(site.trackingCode, [
      makeEvent({
        event_id: 'one',
        url: 'https://example.com/pricing?token=secret',
        title: hostile,
        user_id: 'ann@example.com',
        properties: { plan: hostile },
      }),
    ])
    await send(
      site.trackingCode,
      [makeEvent({ event_id: 'two', event_type: 'custom', event_name: 'signup' })],
      second.url,
    )
    await untilHits(stream, 2)
    expect(stream.dataOf('hit')).toEqual([
      expect.objectContaining({
        id: 'one~KEY',
        type: 'pageview',
        visitor_id: 'visitor-0001',
        url: 'https://example.com/pricing',
        path: '/pricing',
        title: hostile,
        browser: 'Firefox',
        properties: { plan: hostile },
      }),
      expect.objectContaining({ id: 'two~KEY', type: 'custom', name: 'signup' }),
    ])
    expect(JSON.stringify(stream.messages)).not.toMatch(/ann@example|session-0001|secret|127\.0\.0\.1/)
  })

  it('delivers each of 500 events exactly once over ten reconnections', async () => {
    const site = await addSite()
    const sent = Array.from({ length: 500 }, (_, number) => `event-${number}`)
    const urls = [test.url, second.url]
    const received: string[] = []
    let lastId = ''
    let isSending = true
    const sending = (async () => {
      for (let start = 0; start < sent.length; start += 20) {
        // An event of a week ago is stored far from the others, but arrives no later.
        const events = sent
          .slice(start, start + 20)
          .map((event_id, i) => makeEvent({ event_id, age_ms: i % 2 === 0 ? 0 : 6 * 24 * 60 * 60 * 1000 }))
        await Promise.all([
          send(site.trackingCode, events.slice(0, 10), urls[0]),
          send(site.trackingCode, events.slice(10), urls[1]),
        ])
        if (start % 100 === 0) await test.command('OPTIMIZE TABLE events FINAL')
      }
      isSending = false
    })()
    // The reader alternates between the collectors.
    const deadline = performance.now() + 90_000
    for (let cuts = 0; cuts < 10 || received.length < sent.length; cuts++) {
      if (performance.now() > deadline)
        throw new Error(`received ${received.length} of ${sent.length} events within 90 s`)
      const stream = await open(site.id, { url: urls[cuts % 2]!, lastId })
      await expect
        .poll(() => idsOf(stream).length > 0 || (!isSending && received.length === sent.length), {
          timeout: 30_000,
        })
        .toBe(true)
      stream.cut()
      received.push(...idsOf(stream))
      lastId = stream.lastId()
    }
    await sending
    expect(received).toHaveLength(sent.length)
    expect(new Set(received)).toEqual(new Set(sent))
  }, 120_000)

  it('resumes a stream at its start if the connection was lost before the first event', async () => {
    const site = await addSite()
    await send(site.trackingCode, [makeEvent({ event_id: 'before' })])
    const first = await open(site.id)
    await expect.poll(() => first.lastId()).not.toBe('')
    first.cut()
    await send(site.trackingCode, [makeEvent({ event_id: 'meanwhile' })])
    const again = await open(site.id, { lastId: first.lastId() })
    await untilHits(again, 1)
    await send(site.trackingCode, [makeEvent({ event_id: 'after' })])
    await untilHits(again, 2)
    expect(idsOf(again)).toEqual(['meanwhile', 'after'])
  })

  it('continues a stream with new events if the last event ID belongs to another store', async () => {
    const site = await addSite()
    const stream = await open(site.id, { lastId: '999999999-1-1' })
    await send(site.trackingCode, [makeEvent({ event_id: 'new' })])
    await untilHits(stream, 1)
    expect(idsOf(stream)).toEqual(['new'])
  })

  it('rejects a stream request with an invalid Last-Event-ID header', async () => {
    const stream = await test.get(`/api/stream/${test.site.id}`, {
      'x-api-key': key,
      'last-event-id': "1' OR 1",
    })
    expect(stream.status).toBe(400)
    expect(((await stream.json()) as ErrorBody).error.details).toEqual([
      { field: 'Last-Event-ID', reason: expect.any(String) as string },
    ])
  })

  it('rejects a stream without an API key of the site in a header', async () => {
    const other = await addSite()
    expect((await test.get(`/api/stream/${test.site.id}`)).status).toBe(401)
    expect((await test.get(`/api/stream/${test.site.id}?key=${key}&x-api-key=${key}`)).status).toBe(401)
    expect((await test.get(`/api/stream/${other.id}`, { 'x-api-key': await addKey() })).status).toBe(403)
    expect((await test.get('/api/stream/ws_nothing', { 'x-api-key': key })).status).toBe(404)
  })

  it(`opens ${MAX_STREAMS_PER_KEY} streams for a key, and another one when a stream closes`, async () => {
    const apiKey = await addKey()
    const streams = await Promise.all(
      Array.from({ length: MAX_STREAMS_PER_KEY }, () => open(test.site.id, { apiKey })),
    )
    expectEvery(streams, ({ status }) => status === 200)
    const refused = await test.get(`/api/stream/${test.site.id}`, { 'x-api-key': apiKey })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10'])
    streams[0]!.cut()
    await expect.poll(async () => (await open(test.site.id, { apiKey })).status).toBe(200)
  })

  it('ends a stream when the collector shuts down, without delaying the shutdown', async () => {
    const stream = await open(test.site.id)
    await expect.poll(() => stream.dataOf('live')).toHaveLength(1)
    await test.restart()
    await expect.poll(() => stream.isEnded()).toBe(true)
    expect((await open(test.site.id, { lastId: stream.lastId() })).status).toBe(200)
  })

  it('ends a stream within a minute after its API key is revoked', async () => {
    expect(revoked.status).toBe(200)
    await expect.poll(() => revoked.isEnded(), { timeout: 60_000 }).toBe(true)
  }, 90_000)
})
