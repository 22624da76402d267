import { createHmac } from 'node:crypto'
import { Value } from '@sinclair/typebox/value'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApiKey } from '../../../src/control/keys/api-key.js'
import { EXTERNAL_API } from '../../../src/http/api/register.js'
import { answerOf, type RouteDocs } from '../../../src/http/api/route.js'
import { sendEvents } from '../../../src/routes/batch-events.js'
import { collectEvents, collectHeartbeat } from '../../../src/routes/events.js'
import { EXTERNAL_ROUTES, MANAGEMENT_ROUTES, RAW_ROUTES } from '../../../src/routes/index.js'
import { receiveStripeEvent, reportUptime } from '../../../src/routes/integrations.js'
import { LIVE_ROUTES } from '../../../src/routes/live.js'
import { listRoutesOf } from '../../isolation/list-api-routes.js'
import { createTestApp, SCRIPT_HASH, type TestApp } from '../../support/create-test-app.js'
import { misfits } from '../../support/misfits.js'

const STRIPE_SECRET = 'whsec_of_these_tests_alone'
const TOKEN = 'a-token-of-these-tests'
/** Routes with schemas outside of the External API. */
const ROUTES: readonly RouteDocs[] = [
  ...MANAGEMENT_ROUTES,
  collectEvents,
  collectHeartbeat,
  sendEvents,
  ...LIVE_ROUTES,
  receiveStripeEvent,
  reportUptime,
]

let test: TestApp
let key: string
let ids: Record<string, () => Promise<string>>

const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`
/** The body of an example, with the site of this test. */
const fit = (request: unknown) =>
  JSON.stringify(request)
    .replaceAll('ws_abc123', test.site.id)
    .replaceAll('ZV_XXXXXXXXXXX', test.site.trackingCode)
const findRoute = (name: string) => ROUTES.find((route) => nameOf(route) === name)!

async function ask(method: string, url: string, body?: string, headers: Record<string, string> = {}) {
  const answer = await test.app.inject({
    method: method as 'GET',
    url,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { payload: body }),
  })
  return {
    status: answer.statusCode,
    body: answer.json<{ id: string; data: { id: string }; webhook: { id: string } }>(),
  }
}

/** Headers that a route requires besides its key. */
function headersOf(path: string, body: string | undefined): Record<string, string> {
  const seconds = Math.floor(Date.now() / 1000)
  if (path === '/webhooks/uptime') return { authorization: `Bearer ${TOKEN}` }
  return path === '/webhooks/stripe'
    ? {
        'stripe-signature': `t=${seconds},v1=${createHmac('sha256', STRIPE_SECRET).update(`${seconds}.${body}`).digest('hex')}`,
      }
    : {}
}

beforeAll(async () => {
  test = await createTestApp({
    config: { stripe: { secret: STRIPE_SECRET, prices: new Map() }, uptimeToken: TOKEN },
    store: { delete: () => Promise.resolve({ rows: 0, isDone: true }) },
  })
  const { secret, record } = createApiKey({ name: 'test', siteId: null, scope: 'admin' }, Date.now())
  await test.control.addApiKey(record)
  key = secret
  const make = async (path: string) => {
    const { body } = await ask('POST', path, fit(findRoute(`POST ${path}`).request))
    return body.id ?? body.data.id
  }
  ids = {
    sites: () => make('/api/sites'),
    keys: () => make('/api/keys'),
    goals: () => make('/api/goals'),
    alerts: () => make('/api/alerts'),
    webhooks: () => make('/v1/cli/mutate/webhooks'),
  }
})
afterAll(() => test.close())

it('describes exactly the routes that the app serves', async () => {
  const served = await listRoutesOf(test.app)
  const table = [...EXTERNAL_ROUTES, ...MANAGEMENT_ROUTES, ...RAW_ROUTES]
  const listed = [
    ...EXTERNAL_ROUTES.map(({ method, path }) => `${method} ${EXTERNAL_API}${path}`),
    ...[...MANAGEMENT_ROUTES, ...RAW_ROUTES].map(nameOf),
    `GET ${EXTERNAL_API}/openapi.json`,
    `GET ${EXTERNAL_API}/docs`,
    // The same as without the slash.
    'GET /health/',
  ].map((route) => route.replace('{hash}', SCRIPT_HASH).replaceAll(/\{\w+\}/g, '{}'))
  expect(listed.sort()).toEqual(served.sort())
  expect(new Set(table.map(({ operationId }) => operationId)).size).toBe(table.length)
})

/** The URL of a route, with a new object to act on. */
async function fill({ path, query }: RouteDocs): Promise<string> {
  const [, kind] = /(\w+)(?:\/\{id\}|$)/.exec(path) ?? []
  const id = path.includes('{id}') || query.required?.includes('id') ? await ids[kind!]!() : ''
  const asked = query.required?.map((name) => `${name}=${name === 'id' ? id : test.site.id}`) ?? []
  return `${path.replace('{code}', test.site.trackingCode).replace(/\{id\}(?=$|\/)/, id)}?${asked.join('&')}`.replace(
    /\?$/,
    '',
  )
}

it.each(ROUTES.map((route) => [nameOf(route), route] as const))(
  'returns exactly the documented response to the example request of %s',
  async (_, route) => {
    const { method, path, status, body, request } = route
    const { schema, example } = answerOf(route)!
    expect(misfits(schema, example)).toEqual([])
    if (body) expect(misfits(body, request)).toEqual([])
    const payload = request === undefined ? undefined : fit(request)
    const answered = await ask(method, await fill(route), payload, headersOf(path, payload))
    expect([answered.status, answered.status < 400 ? [] : answered.body]).toEqual([status, []])
    expect(misfits(schema, answered.body)).toEqual([])
  },
)

// Stripe defines its own bodies; the collector only requires a signature.
it.each(
  ROUTES.filter((route) => route.body && route !== receiveStripeEvent).map(
    (route) => [nameOf(route), route] as const,
  ),
)('rejects a body of %s with missing fields or wrong types', async (_, route) => {
  const given = route.request as Record<string, unknown>
  const incomplete = Object.keys(given)
    .map((field) => ({ ...given, [field]: undefined }))
    .filter((one) => !Value.Check(route.body!, JSON.parse(JSON.stringify(one))))
  const ofOtherTypes = Object.fromEntries(Object.keys(given).map((field) => [field, { not: 'this' }]))
  for (const wrong of [...incomplete, ofOtherTypes])
    expect(
      (await ask(route.method, await fill(route), fit(wrong), headersOf(route.path, undefined))).status,
    ).toBe(400)
})
