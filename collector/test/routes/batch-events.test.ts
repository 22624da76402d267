import { type AddressInfo, connect } from 'node:net'
import { type ErrorBody, MAX_KEYED_BATCH_BYTES, MAX_KEYED_BATCH_EVENTS } from '@zenovay/tracker/contract'
import type { LightMyRequestResponse } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { createApiKey, type NewApiKey } from '../../src/control/keys/api-key.js'
import type { BatchSummary } from '../../src/ingest/batch.js'
import { type Outcome, OUTCOMES } from '../../src/ingest/outcomes.js'
import { createTestApp, type TestApp } from '../support/create-test-app.js'
import { makeEvent } from '../support/make-event.js'

let opened: TestApp
afterEach(() => opened.close())

async function open(options?: Parameters<typeof createTestApp>[0]): Promise<TestApp> {
  return (opened = await createTestApp(options))
}

async function addKey(key: Partial<NewApiKey> = {}): Promise<string> {
  const { secret, record } = createApiKey(
    { name: 'server', siteId: opened.site.id, scope: 'write', ...key },
    Date.now(),
  )
  await opened.control.addApiKey(record)
  return secret
}

interface Sent {
  key?: string
  code?: string
  body?: string
  headers?: Record<string, string>
}

async function send(
  events: unknown,
  {
    key,
    code = opened.site.trackingCode,
    body = JSON.stringify({ trackingCode: code, events }),
    headers = {},
  }: Sent = {},
): Promise<LightMyRequestResponse> {
  return opened.app.inject({
    method: 'POST',
    url: '/api/v1/events',
    headers: { 'content-type': 'application/json', 'x-api-key': key ?? (await addKey()), ...headers },
    payload: body,
  })
}

const summaryOf = (answer: LightMyRequestResponse) => answer.json<{ data: BatchSummary }>().data
const errorOf = (answer: LightMyRequestResponse) => answer.json<ErrorBody>().error

/** The non-zero outcomes; checks that their sum equals the events received. */
function readOutcomes(): Partial<Record<Outcome, number>> {
  const counts = OUTCOMES.map(
    (outcome) => [outcome, opened.readMetric(`zenovay_events_total{outcome="${outcome}"}`)] as const,
  )
  expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(
    opened.readMetric('zenovay_events_received_total'),
  )
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}

const bot = makeEvent({ user_agent: 'curl/8' })

describe('POST /api/v1/events', () => {
  it('returns the outcomes of a batch in the order of its events', async () => {
    await open()
    const known = makeEvent()
    await send([known])
    const answer = await send([makeEvent(), known, bot, { ...makeEvent(), url: 'example.com' }, makeEvent()])
    expect(answer.statusCode).toBe(200)
    const { results, ...counts } = summaryOf(answer)
    expect(counts).toEqual({ stored: 2, duplicates: 1, rejected: 2 })
    expect(results.map(({ index, status, error }) => [index, status, error?.code])).toEqual([
      [0, 'stored', undefined],
      [1, 'duplicate', undefined],
      [2, 'rejected', 'BOT_REJECTED'],
      [3, 'rejected', 'VALIDATION_ERROR'],
      [4, 'stored', undefined],
    ])
    expect(results[3]!.error!.details).toEqual([{ field: 'url', reason: expect.any(String) as string }])
    expect(opened.rows).toHaveLength(3)
    expect(readOutcomes()).toEqual({ stored: 3, duplicate: 1, bot: 1, invalid: 1 })
  })

  it('accepts a thousand events per request from one address', async () => {
    await open()
    const key = await addKey()
    for (let i = 0; i < 3; i++) {
      const answer = await send(
        Array.from({ length: MAX_KEYED_BATCH_EVENTS }, () => makeEvent()),
        { key },
      )
      expect(summaryOf(answer)).toMatchObject({ stored: MAX_KEYED_BATCH_EVENTS, rejected: 0 })
    }
    expect(opened.rows).toHaveLength(3 * MAX_KEYED_BATCH_EVENTS)
  })

  it('counts an event once if a batch contains it twice', async () => {
    await open()
    const event = makeEvent()
    expect(summaryOf(await send([event, event]))).toMatchObject({ stored: 1, duplicates: 1 })
    expect(opened.rows).toHaveLength(1)
  })

  it('acknowledges events only after they are on disk', async () => {
    let letGo!: () => void
    const held = new Promise<void>((resolve) => (letGo = resolve))
    let isInserting = false
    await open({ store: { insertEvents: () => ((isInserting = true), held) } })
    let isAnswered = false
    const answer = send([makeEvent()]).finally(() => (isAnswered = true))
    await expect.poll(() => isInserting).toBe(true)
    expect(isAnswered).toBe(false)
    letGo()
    expect((await answer).statusCode).toBe(200)
  })

  it('answers 503 for a whole batch if one event cannot be stored', async () => {
    const isLost = ({ event_id }: { event_id: string }) => event_id === 'no-luck'
    let isAway = true
    await open({
      identifier: {
        identify: (event) =>
          isAway && isLost({ event_id: event.event_id! })
            ? Promise.reject(new Error('the salts are gone'))
            : { visitorId: 'v', sessionId: 's' },
      },
    })
    const events = [makeEvent({ event_id: 'no-luck' }), makeEvent()]
    expect((await send(events)).statusCode).toBe(500)
    isAway = false
    expect(summaryOf(await send(events.map((event) => ({ ...event, retry: true }))))).toMatchObject({
      stored: 1,
      duplicates: 1,
    })
    expect(opened.rows).toHaveLength(2)
    expect(readOutcomes()).toEqual({ failed: 1, stored: 2, duplicate: 1 })
  })
})

describe('the visitor of server events', () => {
  it("uses the visitor ID from the body, and derives no country from the server's address", async () => {
    await open()
    await send([makeEvent({ visitor_id: 'visitor-of-ours', session_id: 'session-of-ours' })], {
      headers: { 'accept-language': 'de-CH', 'x-forwarded-for': '8.8.8.8' },
    })
    expect(opened.rows[0]).toMatchObject({
      visitor_id: 'visitor-of-ours',
      session_id: 'session-of-ours',
      country: '',
      language: '',
    })
  })

  it('derives the visitor from the session if addresses cannot distinguish visitors', async () => {
    await open()
    const sessions = ['session-a', 'session-b', 'session-a']
    await send(
      sessions.map((session_id) => makeEvent({ session_id, cookieless: true, visitor_id: 'visitor-0001' })),
    )
    await send([makeEvent({ session_id: 'session-c', gpc: true })])
    const visitors = opened.rows.map(({ visitor_id }) => visitor_id)
    expect(new Set(visitors).size).toBe(3)
    expect(visitors[0]).toBe(visitors[2])
    expect(visitors).not.toContain('visitor-0001')
  })
})

describe('invalid requests to POST /api/v1/events', () => {
  it.each<[string, unknown, Sent, number, string, Partial<Record<Outcome, number>>]>([
    ['no JSON', [], { body: '{' }, 400, 'VALIDATION_ERROR', { invalid: 1 }],
    ['no body', [], { body: '' }, 400, 'VALIDATION_ERROR', { invalid: 1 }],
    ['an array', [], { body: '[]' }, 400, 'VALIDATION_ERROR', { invalid: 1 }],
    ['no events', [], {}, 400, 'VALIDATION_ERROR', { invalid: 1 }],
    [
      'too many events',
      Array.from({ length: MAX_KEYED_BATCH_EVENTS + 1 }, () => 0),
      {},
      400,
      'VALIDATION_ERROR',
      { invalid: 1 },
    ],
    [
      'an unknown site',
      [makeEvent(), makeEvent()],
      { code: 'ZV_UNKNOWN' },
      404,
      'UNKNOWN_TRACKING_CODE',
      { unknown_site: 2 },
    ],
    ['a malformed tracking code', [makeEvent()], { code: 'x' }, 400, 'VALIDATION_ERROR', { invalid: 1 }],
    ['a body without a valid event', [bot, 7], {}, 400, 'VALIDATION_ERROR', { bot: 1, invalid: 1 }],
    [
      'text',
      [makeEvent()],
      { headers: { 'content-type': 'text/plain' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      { invalid: 1 },
    ],
    [
      'a body over the limit',
      [],
      { body: ' '.repeat(MAX_KEYED_BATCH_BYTES + 1) },
      413,
      'PAYLOAD_TOO_LARGE',
      { invalid: 1 },
    ],
    ['a wrong key', [makeEvent()], { key: 'zv_wrong' }, 401, 'UNAUTHORIZED', {}],
  ])('rejects a request with %s', async (_name, events, sent, status, code, outcomes) => {
    await open()
    const answer = await send(events, sent)
    expect([answer.statusCode, errorOf(answer).code]).toEqual([status, code])
    expect(readOutcomes()).toEqual(outcomes)
    expect(opened.rows).toEqual([])
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  })

  it('rejects a read-only key and a key of another site', async () => {
    await open()
    const other = await opened.control.addSite({ domain: 'other.example', name: 'Other', allowedDomains: [] })
    for (const key of [await addKey({ scope: 'read' }), await addKey({ siteId: other.id })]) {
      const answer = await send([makeEvent()], { key })
      expect([answer.statusCode, errorOf(answer).code]).toEqual([403, 'FORBIDDEN'])
    }
    expect(opened.rows).toEqual([])
    expect(readOutcomes()).toEqual({ unknown_site: 1 })
  })

  it('rejects a batch without a valid event, and lists the issues of each event', async () => {
    await open()
    const { details } = errorOf(await send([bot, { ...makeEvent(), url: 7, session_id: undefined }]))
    expect(details!.map(({ field }) => field)).toEqual(['events[0]', 'events[1].session_id', 'events[1].url'])
  })

  it('rejects request bodies that exceed the memory budget before they are read', async () => {
    await open()
    await opened.app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = opened.app.server.address() as AddressInfo
    const key = await addKey()
    const upload = connect(port, '127.0.0.1')
    upload.write(
      `POST /api/v1/events HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\ncontent-type: application/json\r\ncontent-length: ${MAX_KEYED_BATCH_BYTES}\r\n\r\n{`,
    )
    await expect.poll(() => opened.readMetric('zenovay_events_received_total')).toBe(1)
    const large = await send([makeEvent()], { key, headers: { 'content-length': String(4 * 1024 * 1024) } })
    expect([large.statusCode, large.headers['retry-after']]).toEqual([503, '5'])
    upload.destroy()
    await expect.poll(() => opened.readMetric('zenovay_events_total{outcome="invalid"}')).toBe(1)
    await expect
      .poll(
        async () =>
          (
            await send(
              Array.from({ length: 4 }, () => makeEvent()),
              { key },
            )
          ).statusCode,
      )
      .toBe(200)
    expect(readOutcomes()).toMatchObject({ invalid: 1, shed: 1 })
  })
})
