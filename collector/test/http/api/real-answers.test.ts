import { afterAll, beforeAll, expect, it } from 'vitest'
import { EXTERNAL_ROUTES } from '../../../src/routes/index.js'
import { addGoal } from '../../support/add-goal.js'
import { makeEvent } from '../../support/make-event.js'
import { misfits } from '../../support/misfits.js'
import { startTestCollector, type TestCollector } from '../../support/start-test-collector.js'

/** Fingerprint of the error below: the MD5 of its type, a line feed and its message. */
const ERROR_GROUP = '52bd8adca75cf37e'
const VISITOR = 'visitor-0001'

let test: TestCollector
beforeAll(async () => {
  test = await startTestCollector()
  await test.post([
    makeEvent({ referrer: 'https://www.google.com/', url: 'https://example.com/?q=boots' }),
    makeEvent({
      event_type: 'custom',
      event_name: 'signup',
      properties: { plan: 'pro', seats: 3, trial: true },
    }),
    makeEvent({ event_type: 'revenue', properties: { amount: 19.9, currency: 'CHF' } }),
    makeEvent({ event_type: 'error', properties: { message: 'x is not a function', type: 'TypeError' } }),
    makeEvent({ event_type: 'performance', properties: { lcp: 1200, navigation_type: 'navigate' } }),
    // A visit without a pageview.
    makeEvent({
      visitor_id: 'visitor-0002',
      session_id: 'session-0002',
      event_type: 'custom',
      event_name: 'signup',
    }),
  ])
  await addGoal(test, test.site, { name: 'Signed up', kind: 'event', event: 'signup' })
})
afterAll(() => test.close())

const QUESTIONS = EXTERNAL_ROUTES.filter(({ method }) => method === 'GET').flatMap((route) =>
  ['', 'range=24h', 'compare=previous', 'country=XX', 'event=signup']
    .filter((query) => query === '' || query.split('=')[0]! in route.query.properties)
    .map((query) => [`${route.path}?${query}`, route] as const),
)

it.each(QUESTIONS)(
  'returns the documented response for %s, even for a visit without a pageview',
  async (url, route) => {
    const path = url
      .replace('{id}', test.site.id)
      .replace('{visitor}', VISITOR)
      .replace('{name}', 'signup')
      .replace('{group}', ERROR_GROUP)
    const answer = await test.get(`/api/external/v1${path}`, { 'x-api-key': test.apiKey })
    expect(answer.status).toBe(200)
    const { data } = (await answer.json()) as { data: unknown }
    expect(misfits(route.data!, data)).toEqual([])
  },
)

it('answers every report with 30 property filters, and names the bound for 800', async () => {
  const filters = (count: number) =>
    Array.from({ length: count }, (_, index) => `property[key_${index}]=x`).join('&')
  for (const { path } of EXTERNAL_ROUTES.filter(({ acceptsProperties }) => acceptsProperties)) {
    const url = path.replace('{id}', test.site.id).replace('{name}', 'signup')
    const ask = (count: number) =>
      test.get(`/api/external/v1${url}?range=90d&${filters(count)}`, { 'x-api-key': test.apiKey })
    expect((await ask(30)).status, path).toBe(200)
    const refused = await ask(800)
    expect([refused.status, await refused.json()], path).toMatchObject([
      400,
      { error: { details: [{ field: 'property', reason: 'may be given at most 30 times, not 800' }] } },
    ])
  }
})

it('returns every list as CSV', async () => {
  for (const route of EXTERNAL_ROUTES.filter(({ table }) => table)) {
    const answer = await test.get(
      `/api/external/v1${route.path.replace('{id}', test.site.id).replace('{name}', 'signup')}`,
      { 'x-api-key': test.apiKey, accept: 'text/csv' },
    )
    const lines = (await answer.text()).split('\r\n')
    expect(answer.headers.get('content-type')).toMatch(/^text\/csv/)
    expect(lines.length, route.path).toBeGreaterThanOrEqual(3)
    expect(lines.at(-1)).toBe('')
  }
})
