import { join } from 'node:path'
import { ERROR_CODES } from '@zenovay/tracker/contract'
import Database from 'libsql'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApiKey } from '../../src/control/keys/api-key.js'
import { sendEvents } from '../../src/routes/batch-events.js'
import { MANAGEMENT_ROUTES } from '../../src/routes/index.js'
import { streamSite } from '../../src/routes/stream.js'
import { createTestApp, type TestApp } from '../support/create-test-app.js'
import { createFakeReports } from '../support/fake-reports.js'
import { makeEvent } from '../support/make-event.js'

// Words that occur in messages of databases, in stack traces and in file paths.
const INNER =
  /sqlite|no such|table|select |insert |clickhouse|node_modules|\.[jt]s\b|\bat [\w.]+ \(|file:|Error:|planted-fault/i

let test: TestApp
let key: string
const fault = () =>
  Promise.reject(
    new Error('planted-fault in SELECT * FROM events at /srv/data/engine (file:///srv/app.js:1:1)'),
  )

beforeAll(async () => {
  const reports = new Proxy(createFakeReports(), { get: () => fault })
  test = await createTestApp({
    reports,
    identifier: { identify: fault },
    store: { countVisitorsSince: fault, isReachable: fault, delete: fault },
  })
  const { secret, record } = createApiKey({ name: 'test', siteId: null, scope: 'admin' }, Date.now())
  await test.control.addApiKey(record)
  key = secret
})
afterAll(() => test.close())

async function ask(method: string, url: string, body?: string) {
  const answer = await test.app.inject({
    method: method as 'GET',
    url,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { payload: body }),
  })
  return {
    name: `${method} ${url}`,
    status: answer.statusCode,
    text: answer.body,
    told: `${JSON.stringify(answer.headers)} ${answer.body}`,
  }
}

it('reveals no internal error details on any route', async () => {
  // Every query of these tables fails; sites and keys still work.
  const database = new Database(join(test.folder, 'control.db'))
  for (const table of [
    'alerts',
    'goals',
    'webhooks',
    'webhook_log',
    'change_log',
    'account_minutes',
    'key_uses',
  ])
    database.exec(`ALTER TABLE ${table} RENAME TO gone_${table}`)
  database.close()
  const { id, trackingCode } = test.site
  const fit = (request: unknown) =>
    request === undefined
      ? undefined
      : JSON.stringify(request).replaceAll('ws_abc123', id).replaceAll('ZV_XXXXXXXXXXX', trackingCode)
  const answers = [
    await ask('POST', `/e/${trackingCode}`, JSON.stringify(makeEvent())),
    await ask('GET', `/e/live/${trackingCode}`),
    await ask('GET', `/api/external/v1/analytics/${id}`),
    await ask('GET', '/health'),
  ]
  for (const { method, path, query, request } of [sendEvents, streamSite, ...MANAGEMENT_ROUTES]) {
    const asked = (query.required ?? []).map((name) => `${name}=${id}`).join('&')
    answers.push(
      await ask(
        method,
        `${path.replace('{id}', /\/(stream|visitors)\//.test(path) ? id : 'any-0001')}${asked && `?${asked}`}`,
        fit(request),
      ),
    )
  }
  const failed = answers.filter(({ status }) => status === 500)
  expect(answers.filter(({ status }) => status < 500).map(({ name }) => name)).toEqual([
    'GET /api/sites',
    'POST /api/sites',
    'GET /api/sites/any-0001',
    'PATCH /api/sites/any-0001',
    'DELETE /api/sites/any-0001',
    'DELETE /api/keys/any-0001',
  ])
  expect(failed.length).toBeGreaterThan(25)
  for (const { text } of failed)
    expect([
      ERROR_CODES.INTERNAL_ERROR.message,
      {
        code: 'INTERNAL_ERROR',
        message: ERROR_CODES.INTERNAL_ERROR.message,
        timestamp: expect.any(String) as string,
      },
    ]).toContainEqual((JSON.parse(text) as { error: unknown }).error)
  expect(
    answers
      .filter(({ told }) => INNER.test(told) || told.includes(test.folder))
      .map(({ name, told }) => [name, told]),
  ).toEqual([])
  expect(test.log.join('')).toMatch(/planted-fault[\s\S]*no such table|no such table[\s\S]*planted-fault/)
})

it('reveals no internal error details for invalid URLs and malformed bodies', async () => {
  const urls = [
    '/nothing',
    '/%zz',
    '/api/goals/%00',
    `/api/goals/${'x'.repeat(500)}`,
    '/api/external/v1/nothing',
    '/../../etc/passwd',
    '/v1/cli/mutate/webhooks/a/b/c',
  ]
  const answers = await Promise.all([
    ...urls.map((url) => ask('GET', url)),
    ...['/api/goals', '/api/webhooks', '/api/alerts', '/api/keys'].map((url) => ask('POST', url, '{"broken')),
  ])
  expect(answers.filter(({ status }) => status < 400).map(({ name }) => name)).toEqual([])
  expect(
    answers
      .filter(({ told }) => INNER.test(told) || told.includes(test.folder))
      .map(({ name, told }) => [name, told]),
  ).toEqual([])
})
