import { createApiKey } from '@zenovay/collector'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RouteDocs } from '../../../src/http/api/route.js'
import { EXTERNAL_ROUTES } from '../../../src/routes/index.js'
import { addGoal } from '../../support/add-goal.js'
import { makeEvent } from '../../support/make-event.js'
import { startTestCollector, type TestCollector } from '../../support/start-test-collector.js'

/** Values that could escape from strings, identifiers, parameters, patterns, JSON, paths or headers. */
const STRINGS = [
  "' OR 1=1 --",
  '"; DROP TABLE events; --',
  '{siteId: String}',
  "\\' UNION ALL SELECT * FROM events --",
  '%',
  '\u0000',
  '\ud83d\ude00\u202e',
  '../../etc/passwd',
  '\r\nx-injected: 1',
  '9'.repeat(30),
  '${7*7}',
  '__proto__',
]
const FILTERS = [
  'country',
  'device',
  'browser',
  'os',
  'source',
  'channel',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'path',
  'event',
  'property[plan]',
]
const KEYS = ["a' OR '1'='1", '__proto__', 'a.b[0]', '"', '{key: String}', '\u0000']
// Below the requests per minute of the account.
const REQUESTS_OF_A_MINUTE = 100

let test: TestCollector
let requests = 0
let key: string
beforeAll(async () => {
  test = await startTestCollector()
  const { secret, record } = createApiKey({ name: 'test', siteId: test.site.id, scope: 'write' }, Date.now())
  await test.collector.control.addApiKey(record)
  key = secret
  await test.post([
    makeEvent({ url: 'https://example.com/?utm_source=news&q=boots' }),
    makeEvent({ event_type: 'custom', event_name: 'signup', properties: { plan: 'pro' } }),
    makeEvent({ event_type: 'revenue', properties: { amount: 5, currency: 'CHF' } }),
    makeEvent({ event_type: 'error', properties: { message: 'x is not a function', type: 'TypeError' } }),
    makeEvent({ event_type: 'performance', properties: { lcp: 1200 } }),
  ])
  await addGoal(test, test.site, { name: 'Signed up', kind: 'event', event: 'signup' })
})
afterAll(() => test.close())

/** Sends a request, however many were sent before. */
async function ask(
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; text: string; headers: Headers }> {
  if (++requests % REQUESTS_OF_A_MINUTE === 0) test.passMinute()
  const answer = await fetch(`${test.url}/api/external/v1${path.replace('{id}', test.site.id)}`, {
    ...init,
    headers: { 'x-api-key': key, ...init.headers },
  })
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

const urlOf = (route: RouteDocs, value: string) =>
  route.path.replaceAll(/\{(?!id)\w+\}/g, encodeURIComponent(value))
const routes = EXTERNAL_ROUTES.filter(
  ({ method, acceptsProperties }) => method === 'GET' && acceptsProperties,
)

describe.each(routes.map((route) => [route.path, route] as const))('%s', (_, route) => {
  it('returns no rows for hostile filter values', async () => {
    const nothing = await ask(`${urlOf(route, 'signup')}?range=7d&path=%2Fnothing`)
    const rows = (text: string) =>
      JSON.stringify({ ...(JSON.parse(text) as { data: object }).data, date_range: 0 })
    expect(rows((await ask(`${urlOf(route, 'signup')}?range=7d`)).text)).not.toBe(rows(nothing.text))
    for (const [index, text] of STRINGS.entries()) {
      // Two filters in turn, and all of them with the last value.
      const names =
        index === STRINGS.length - 1 ? FILTERS : [FILTERS[index]!, FILTERS[(index + 7) % FILTERS.length]!]
      const query = names.map((name) => `${name}=${encodeURIComponent(text)}`).join('&')
      const answer = await ask(`${urlOf(route, 'signup')}?range=7d&${query}`)
      expect(answer.status, query).toBe(200)
      expect(rows(answer.text), query).toBe(rows(nothing.text))
      expect(answer.headers.has('x-injected')).toBe(false)
    }
  })

  it('treats hostile property names as plain names', async () => {
    for (const name of KEYS)
      expect(
        (await ask(`${urlOf(route, 'signup')}?range=7d&${encodeURIComponent(`property[${name}]`)}=x`)).status,
        name,
      ).toBe(200)
  })

  it('rejects hostile values of all parameters that are not filters', async () => {
    for (const text of STRINGS) {
      const names = Object.keys(route.query.properties).filter((name) => !FILTERS.includes(name))
      const { status, text: body } = await ask(
        `${urlOf(route, 'signup')}?${names.map((name) => `${name}=${encodeURIComponent(text)}`).join('&')}`,
      )
      expect(status, text).toBe(400)
      const { details } = (JSON.parse(body) as { error: { details: { field: string }[] } }).error
      for (const name of names.filter((one) => one !== 'offset'))
        expect(
          details.map(({ field }) => field),
          text,
        ).toContain(name)
    }
  })
})

it('returns no properties for hostile event names', async () => {
  for (const text of STRINGS) {
    const { status, text: body } = await ask(`/analytics/{id}/events/${encodeURIComponent(text)}`)
    expect(status, text).toBe(200)
    expect((JSON.parse(body) as { data: unknown }).data).toMatchObject({ name: text, properties: [] })
  }
})

it('rejects hostile site, visitor and error group IDs', async () => {
  for (const text of STRINGS) {
    const id = encodeURIComponent(text)
    const statuses = await Promise.all([
      ask(`/websites/${id}`),
      ask(`/analytics/${id}`),
      ask(`/analytics/{id}/visitors/${id}`),
      ask(`/errors/{id}/groups/${id}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: '{"status":"open"}',
      }),
    ])
    for (const { status, text: body } of statuses) expect([403, 404], `${text}: ${body}`).toContain(status)
  }
  expect(await test.select('SELECT count() AS count FROM events')).toEqual([{ count: 5 }])
})
