import { createApiKey } from '@zenovay/collector'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeEvent } from '../../support/make-event.js'
import { startTestCollector, type TestCollector } from '../../support/start-test-collector.js'

interface Report {
  parameters: string[]
  searches: (Record<string, unknown> & { term: string })[]
  pagination: { has_more: boolean; next_cursor: string | null }
}

// None of them may be in a report, whatever the site names its parameters.
const SECRETS = [
  'ada%40example.com',
  'ada+lovelace@example.com',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl',
  '192.168.0.17',
  'https%3A%2F%2Fexample.com%2F%3Ftoken%3Dplanted',
]

let test: TestCollector
let adminKey: string
beforeAll(async () => {
  test = await startTestCollector()
  const { secret, record } = createApiKey({ name: 'admin', siteId: null, scope: 'admin' }, Date.now())
  await test.collector.control.addApiKey(record)
  adminKey = secret
  const visit = (session: string, queries: string[]) =>
    queries.map((query, index) =>
      makeEvent({
        session_id: `session-${session}`,
        visitor_id: `visitor-${session}`,
        url: `https://example.com/find?${query}`,
        age_ms: 60_000 - index,
      }),
    )
  const answer = await test.post([
    ...visit('0001', ['q=Boots', 'q=boots&page=2', 'suche=Stiefel']),
    ...visit('0002', ['q=boots', 'q=%3Dcmd()', 'q=%ff']),
    ...SECRETS.flatMap((secret, index) =>
      visit(`secret-${index}`, [`q=${secret}`, `token=planted-${index}`]),
    ),
  ])
  expect(answer.status).toBe(200)
})
afterAll(() => test.close())

const ask = (query = '') =>
  test.get(`/api/external/v1/analytics/${test.site.id}/searches${query}`, { 'x-api-key': test.apiKey })
const read = async (query?: string) => ((await (await ask(query)).json()) as { data: Report }).data
const setParameters = async (names: string[]) => {
  const answer = await fetch(`${test.url}/api/sites/${test.site.id}`, {
    method: 'PATCH',
    headers: { 'x-api-key': adminKey, 'content-type': 'application/json' },
    body: JSON.stringify({ search_parameters: names }),
  })
  expect(answer.status).toBe(200)
}

it('lists what visitors searched for, without the secrets among it', async () => {
  const report = await read()
  expect(report).toMatchObject({
    parameters: ['q', 'query', 'search', 's'],
    searches: [
      { term: 'boots', searches: 2, visitors: 2, visits: 2, exit_rate: 0 },
      { term: '=cmd()', searches: 1, visitors: 1, visits: 1, exit_rate: 0 },
      { term: '\ufffd', searches: 1, visitors: 1, visits: 1, exit_rate: 100 },
    ],
    pagination: { has_more: false, next_cursor: null },
  })
})

it('applies another list of parameters to the past, and an empty one switches the report off', async () => {
  await setParameters(['suche', 'token'])
  expect(await read()).toMatchObject({ parameters: ['suche', 'token'], searches: [{ term: 'stiefel' }] })
  expect((await read()).searches).toHaveLength(1)
  await setParameters([])
  expect(await read()).toMatchObject({ parameters: [], searches: [] })
  await setParameters(['q'])
})

it('filters, compares and pages through the rows, and returns them as a safe table', async () => {
  expect((await read('?country=XX')).searches).toEqual([])
  expect((await read('?compare=previous&limit=1')).searches).toMatchObject([
    { previous: { searches: 0, exit_rate: null }, change: { searches: null, exit_rate: null } },
  ])
  const terms: string[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Report = await read(`?limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
    terms.push(...page.searches.map(({ term }) => term))
    cursor = page.pagination.next_cursor
  }
  expect(terms).toEqual(['boots', '=cmd()', '\ufffd'])
  expect(await (await ask('?format=csv')).text()).toMatch(
    /^term,searches,visitors,visits,exit_rate\r\nboots,2,2,2,0\r\n'=cmd\(\),1,1,1,0\r\n/,
  )
  expect((await ask('?by=page')).status).toBe(400)
})
