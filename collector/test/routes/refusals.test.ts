import type { AddressInfo } from 'node:net'
import {
  BURST_LIMIT,
  ERROR_CODES,
  type ErrorBody,
  type ErrorCode,
  type IngestAnswer,
  MAX_BATCH_EVENTS,
  MAX_BODY_BYTES,
} from '@zenovay/tracker/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { storeUnavailable } from '../../src/errors.js'
import { createTestApp, type TestApp } from '../support/create-test-app.js'
import { makeEvent } from '../support/make-event.js'

let test: TestApp
let url: string
let failure: Error | undefined

beforeAll(async () => {
  test = await createTestApp({
    identifier: {
      identify: (event) =>
        failure ? Promise.reject(failure) : { visitorId: event.visitor_id!, sessionId: event.session_id },
    },
  })
  await test.app.listen({ port: 0, host: '127.0.0.1' })
  url = `http://127.0.0.1:${(test.app.server.address() as AddressInfo).port}`
})
afterAll(() => test.close())

let clients = 0

interface Post {
  path?: string
  body?: unknown
  type?: string
  origin?: string
  client?: string
}

/** Posts a body as a page of another origin does. */
function post({
  path = `/e/${test.site.trackingCode}`,
  body = makeEvent(),
  type = 'text/plain',
  origin = 'https://shop.example.com',
  client = `10.3.0.${clients++}`,
}: Post): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': type, origin, 'x-forwarded-for': client },
    body: typeof body === 'string' || body instanceof ReadableStream ? body : JSON.stringify(body),
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  })
}

/** Expects an error that a page of another origin can read. */
async function expectReadable(answer: Response, code: ErrorCode): Promise<ErrorBody['error']> {
  expect(answer.status).toBe(ERROR_CODES[code].status)
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/)
  const body = (await answer.json()) as ErrorBody
  expect(body).toMatchObject({
    success: false,
    error: { code, message: ERROR_CODES[code].message, timestamp: expect.any(String) as string },
  })
  return body.error
}

const large = ' '.repeat(MAX_BODY_BYTES)
const toStream = (text: string) => new Blob([text]).stream()

it.each<[string, ErrorCode, () => Post]>([
  ['a body that is no JSON', 'VALIDATION_ERROR', () => ({ body: '{"url":' })],
  ['an empty body', 'VALIDATION_ERROR', () => ({ body: '' })],
  ['a body that nests too deeply', 'VALIDATION_ERROR', () => ({ body: '['.repeat(1_000) })],
  ['a key that could change a prototype', 'VALIDATION_ERROR', () => ({ body: '{"__proto__":{"a":1}}' })],
  ['an empty batch', 'VALIDATION_ERROR', () => ({ body: [] })],
  ['a batch of too many events', 'VALIDATION_ERROR', () => ({ body: Array(MAX_BATCH_EVENTS + 1).fill({}) })],
  ['an event with issues', 'VALIDATION_ERROR', () => ({ body: {} })],
  ['a user agent of a bot', 'BOT_REJECTED', () => ({ body: makeEvent({ user_agent: 'curl/8.0' }) })],
  ['a foreign origin', 'ORIGIN_NOT_ALLOWED', () => ({ origin: 'https://evil.example' })],
  ['an opaque origin', 'ORIGIN_NOT_ALLOWED', () => ({ origin: 'null' })],
  ['an unknown tracking code', 'UNKNOWN_TRACKING_CODE', () => ({ path: '/e/ZV_NOBODY' })],
  ['a tracking code of hostile text', 'UNKNOWN_TRACKING_CODE', () => ({ path: '/e/%00%27--' })],
  ['no tracking code', 'NOT_FOUND', () => ({ path: '/e' })],
  ['a malformed path', 'NOT_FOUND', () => ({ path: '/e/%zz' })],
  ['a path that is too long', 'NOT_FOUND', () => ({ path: `/e/${'x'.repeat(2_000)}` })],
  ['a body that is too large', 'PAYLOAD_TOO_LARGE', () => ({ body: `${large}{}` })],
  ['chunks that are too large', 'PAYLOAD_TOO_LARGE', () => ({ body: toStream(`${large}{}`) })],
  ['a wrong content type', 'UNSUPPORTED_MEDIA_TYPE', () => ({ type: 'application/x-www-form-urlencoded' })],
  ['a malformed content type', 'UNSUPPORTED_MEDIA_TYPE', () => ({ type: 'json' })],
])('answers %s with %s, readable for pages of other origins', async (_name, code, request) => {
  await expectReadable(await post(request()), code)
})

it.each<[string, ErrorCode, () => Post]>([
  ['a body that is no JSON', 'VALIDATION_ERROR', () => ({ body: '{"url":' })],
  ['issues', 'VALIDATION_ERROR', () => ({ body: {} })],
  ['an opaque origin', 'ORIGIN_NOT_ALLOWED', () => ({ origin: 'null' })],
  ['an unknown tracking code', 'UNKNOWN_TRACKING_CODE', () => ({ path: '/e/heartbeat/ZV_NOBODY' })],
  ['a body that is too large', 'PAYLOAD_TOO_LARGE', () => ({ body: `${large}{}` })],
  ['a wrong content type', 'UNSUPPORTED_MEDIA_TYPE', () => ({ type: 'text/html' })],
])(
  'answers a heartbeat with %s with %s, readable for pages of other origins',
  async (_name, code, request) => {
    const path = `/e/heartbeat/${test.site.trackingCode}`
    await expectReadable(await post({ path, ...request() }), code)
  },
)

it('answers a request over the rate limit with a readable Retry-After', async () => {
  const client = '10.4.0.1'
  for (let sent = 0; sent < BURST_LIMIT; sent += MAX_BATCH_EVENTS)
    await post({ body: Array.from({ length: MAX_BATCH_EVENTS }, () => makeEvent()), client })
  const answer = await post({ client })
  await expectReadable(answer, 'RATE_LIMIT_EXCEEDED')
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(answer.headers.get('access-control-expose-headers')).toContain('Retry-After')
})

it.each<[ErrorCode, Error]>([
  ['INTERNAL_ERROR', new Error('planted fault')],
  ['STORE_UNAVAILABLE', storeUnavailable()],
])('answers %s readable for pages of other origins, for an event and for a batch', async (code, error) => {
  failure = error
  for (const body of [makeEvent(), [makeEvent(), {}]]) {
    const answer = await post({ body })
    await expectReadable(answer, code)
    expect(answer.headers.has('retry-after')).toBe(code === 'STORE_UNAVAILABLE')
  }
  failure = undefined
})

describe('a batch', () => {
  it('is accepted if one of three events is invalid, and names this event', async () => {
    const answer = await post({ body: [makeEvent(), makeEvent({ url: 'nowhere' }), makeEvent()] })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect((await answer.json()) as IngestAnswer).toEqual({
      success: true,
      accepted: 2,
      rejected: [
        {
          index: 1,
          error: {
            code: 'VALIDATION_ERROR',
            message: ERROR_CODES.VALIDATION_ERROR.message,
            timestamp: expect.any(String) as string,
            details: [{ field: 'url', reason: 'must be an absolute http or https URL' }],
          },
        },
      ],
    })
  })

  it('is rejected if no event is valid, with the issues of all events', async () => {
    const body = [makeEvent({ url: 'nowhere' }), makeEvent({ user_agent: 'curl/8.0' })]
    const { details } = await expectReadable(await post({ body }), 'VALIDATION_ERROR')
    expect(details).toEqual([
      { field: '[0].url', reason: 'must be an absolute http or https URL' },
      { field: '[1]', reason: ERROR_CODES.BOT_REJECTED.message },
    ])
  })

  it('is rejected in the same way if it has only one event', async () => {
    const body = [makeEvent({ user_agent: 'curl/8.0' })]
    const { details } = await expectReadable(await post({ body }), 'VALIDATION_ERROR')
    expect(details).toEqual([{ field: '[0]', reason: ERROR_CODES.BOT_REJECTED.message }])
  })
})
