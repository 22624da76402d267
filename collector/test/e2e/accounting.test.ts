import { type AddressInfo, connect } from 'node:net'
import { MAX_BODY_BYTES } from '@zenovay/tracker/contract'
import { afterEach, describe, expect, it } from 'vitest'
import { type Outcome, OUTCOMES } from '../../src/ingest/outcomes.js'
import { createTestApp, type TestApp } from '../support/create-test-app.js'
import { makeEvent } from '../support/make-event.js'

let opened: TestApp | undefined
afterEach(async () => {
  await opened?.close()
  opened = undefined
})

const open = async (options?: Parameters<typeof createTestApp>[0]) => (opened = await createTestApp(options))

let addresses = 0
const otherAddress = () => `10.3.${addresses >> 8}.${addresses++ & 255}`

interface Request {
  code?: string
  body?: unknown
  contentType?: string
  headers?: Record<string, string>
}

async function post(
  { app, site }: TestApp,
  { code = site.trackingCode, body, contentType = 'text/plain', headers = {} }: Request,
): Promise<number> {
  const answer = await app.inject({
    method: 'POST',
    url: `/e/${code}`,
    headers: { 'content-type': contentType, 'x-forwarded-for': otherAddress(), ...headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return answer.statusCode
}

/** The non-zero outcomes; checks that their sum equals the events received. */
function readOutcomes(app: TestApp, what = 'events'): Partial<Record<Outcome, number>> {
  const counts = OUTCOMES.map(
    (outcome) => [outcome, app.readMetric(`zenovay_${what}_total{outcome="${outcome}"}`)] as const,
  )
  expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(
    app.readMetric(`zenovay_${what}_received_total`),
  )
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}

const deep = '['.repeat(6) + ']'.repeat(6)
const tooMany = Array.from({ length: 31 }, () => makeEvent())
const bot = makeEvent({ user_agent: 'curl/8' })

describe('every event of a request is counted under exactly one outcome', () => {
  it.each<[string, Request, number, Partial<Record<Outcome, number>>]>([
    ['one that is stored', { body: makeEvent() }, 200, { stored: 1 }],
    [
      'a batch',
      { body: [makeEvent(), makeEvent(), bot, { url: 1 }] },
      200,
      { stored: 2, bot: 1, invalid: 1 },
    ],
    ['a batch without a valid event', { body: [bot, {}, 7] }, 400, { bot: 1, invalid: 2 }],
    ['a bot', { body: bot }, 403, { bot: 1 }],
    ['no JSON', { body: '{"session_id":' }, 400, { invalid: 1 }],
    ['no body', { body: '' }, 400, { invalid: 1 }],
    ['JSON that nests too deep', { body: deep }, 400, { invalid: 1 }],
    ['an empty batch', { body: [] }, 400, { invalid: 1 }],
    ['too large a batch', { body: tooMany }, 400, { invalid: 1 }],
    ['a body over the limit', { body: ' '.repeat(MAX_BODY_BYTES + 1) }, 413, { invalid: 1 }],
    ['another content type', { body: makeEvent(), contentType: 'application/xml' }, 415, { invalid: 1 }],
    [
      'a body of another length than announced',
      { body: makeEvent(), headers: { 'content-length': '9' } },
      400,
      { invalid: 1 },
    ],
    [
      'another origin',
      { body: [makeEvent(), makeEvent()], headers: { origin: 'https://other.example' } },
      403,
      { origin: 2 },
    ],
    ['an unknown site', { code: 'ZV_UNKNOWN', body: [makeEvent(), bot] }, 404, { unknown_site: 2 }],
    ['a malformed tracking code', { code: '%00%0A', body: makeEvent() }, 404, { unknown_site: 1 }],
  ])('counts each event of a request under one outcome: %s', async (_name, request, status, outcomes) => {
    const app = await open()
    expect(await post(app, request)).toBe(status)
    expect(readOutcomes(app)).toEqual(outcomes)
    expect(app.readMetric(`zenovay_http_requests_total{route="/e/:code",status="${status}"}`)).toBe(1)
  })

  it('counts duplicate events within one request body and across bodies', async () => {
    const app = await open()
    const event = makeEvent()
    for (const body of [event, event, [event, event], { ...event, retry: true }])
      expect(await post(app, { body })).toBe(200)
    expect(readOutcomes(app)).toEqual({ stored: 1, duplicate: 4 })
    expect(app.rows).toHaveLength(1)
  })

  it('counts a different event with a reused ID as stored', async () => {
    const app = await open()
    const event = makeEvent()
    for (const body of [event, { ...event, url: 'https://example.com/other' }])
      expect(await post(app, { body })).toBe(200)
    expect(readOutcomes(app)).toEqual({ stored: 2 })
    expect(app.readMetric('zenovay_event_id_reuse_total')).toBe(1)
  })

  it('counts every event of a rate-limited request', async () => {
    const app = await open()
    const headers = { 'x-forwarded-for': '10.4.0.1' }
    const batch = () => Array.from({ length: 30 }, () => makeEvent())
    const statuses = [
      await post(app, { body: batch(), headers }),
      await post(app, { body: batch(), headers }),
      await post(app, { body: batch(), headers }),
    ]
    expect(statuses).toEqual([200, 200, 429])
    expect(readOutcomes(app)).toEqual({ stored: 60, limited: 30 })
  })

  it('counts an event with an internal error as failed, and the other events as stored', async () => {
    const app = await open({
      identifier: {
        identify: ({ event_id }) =>
          event_id === 'no-luck'
            ? Promise.reject(new Error('the salts are gone'))
            : { visitorId: 'v', sessionId: 's' },
      },
    })
    expect(await post(app, { body: [makeEvent({ event_id: 'no-luck' }), makeEvent()] })).toBe(500)
    expect(readOutcomes(app)).toEqual({ failed: 1, stored: 1 })
    expect(app.log.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({
        msg: 'INTERNAL_ERROR',
        err: expect.objectContaining({ message: 'the salts are gone' }) as object,
      }),
    )
  })

  it('counts requests that are rejected because the queue is full', async () => {
    let letGo!: () => void
    const held = new Promise<void>((resolve) => (letGo = resolve))
    const app = await open({ store: { insertEvents: () => held } })
    const body = () =>
      Array.from({ length: 30 }, () =>
        makeEvent({
          properties: Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`k${i}`, 'x'.repeat(450)])),
        }),
      )
    const waiting: Promise<number>[] = []
    const MOST_WAITING = Math.ceil((8 * 1024 * 1024) / JSON.stringify(body()).length)
    for (let i = 0; i < 2 * MOST_WAITING; i++) waiting.push(post(app, { body: body() }))
    const shed = await Promise.race([...waiting, new Promise((resolve) => setTimeout(resolve, 20_000))])
    expect(shed).toBe(503)
    const unread = await app.app.inject({
      method: 'POST',
      url: `/e/${app.site.trackingCode}`,
      headers: { 'content-type': 'text/plain' },
      payload: 'not even JSON',
    })
    expect([unread.statusCode, unread.headers['retry-after']]).toEqual([503, '5'])
    letGo()
    const statuses = await Promise.all(waiting)
    expect(new Set(statuses)).toEqual(new Set([200, 503]))
    expect(statuses.filter((status) => status === 200)).toHaveLength(MOST_WAITING)
    const { stored, shed: left, ...others } = readOutcomes(app)
    expect(others).toEqual({})
    expect(stored).toBeGreaterThanOrEqual(statuses.filter((status) => status === 200).length * 30)
    expect(left).toBeGreaterThan(0)
    expect(app.log.filter((line) => line.includes('STORE_UNAVAILABLE')).length).toBeLessThanOrEqual(10)
    // The queue is empty again, so the next event is accepted.
    expect(await post(app, { body: makeEvent() })).toBe(200)
  })

  it('counts an incomplete request body as one invalid event', async () => {
    const app = await open()
    await app.app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.write(
      `POST /e/${app.site.trackingCode} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\n{"url":`,
    )
    await expect.poll(() => app.readMetric('zenovay_events_received_total')).toBe(1)
    socket.destroy()
    await expect.poll(() => readOutcomesNow(app)).toBe(1)
    expect(readOutcomes(app)).toEqual({ invalid: 1 })
    expect(app.log.filter((line) => line.includes('INTERNAL_ERROR'))).toEqual([])
  })
})

function readOutcomesNow(app: TestApp): number {
  return OUTCOMES.reduce(
    (sum, outcome) => sum + app.readMetric(`zenovay_events_total{outcome="${outcome}"}`),
    0,
  )
}

describe('heartbeats have separate counters', () => {
  const heartbeat = { session_id: 'session-0001', visitor_id: 'visitor-0001' }
  it.each<[string, Request, number, Partial<Record<Outcome, number>>]>([
    ['one that is stored', { body: heartbeat }, 200, { stored: 1 }],
    ['an invalid one', { body: {} }, 400, { invalid: 1 }],
    ['one that is too large', { body: ' '.repeat(MAX_BODY_BYTES + 1) }, 413, { invalid: 1 }],
    ['another origin', { body: heartbeat, headers: { origin: 'https://other.example' } }, 403, { origin: 1 }],
    ['an unknown site', { code: 'ZV_UNKNOWN', body: heartbeat }, 404, { unknown_site: 1 }],
  ])('counts a heartbeat under one outcome: %s', async (_name, request, status, outcomes) => {
    const app = await open()
    expect(await post(app, { ...request, code: `heartbeat/${request.code ?? app.site.trackingCode}` })).toBe(
      status,
    )
    expect(readOutcomes(app, 'heartbeats')).toEqual(outcomes)
    expect(readOutcomes(app)).toEqual({})
  })
})
