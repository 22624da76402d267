import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventRow } from '../../../src/ingest/event-row.js'
import type { EventStore } from '../../../src/ingest/event-store.js'
import type { ReportScope, ReportStore } from '../../../src/reports/report-store.js'
import { createClickhouseEventStore } from '../../../src/stores/clickhouse/event-store.js'
import { createClickhouseReportStore } from '../../../src/stores/clickhouse/report-store.js'
import { makeRow } from '../../support/make-row.js'
import { startTestEngine, type TestEngine } from '../../support/start-test-engine.js'

const DAY = Date.parse('2026-05-10T00:00:00Z')
const DAY_MS = 86_400_000
const PARAMETERS = ['q', 's', 'filters[query]']
const SLICE = { limit: 100, offset: 0 }

let engine: TestEngine
let events: EventStore
let reports: ReportStore & { close(): Promise<void> }
beforeAll(async () => {
  engine = await startTestEngine()
  events = await createClickhouseEventStore({ engine })
  reports = createClickhouseReportStore({ engine })
})
afterAll(async () => {
  await events.close()
  await reports.close()
  await engine.close()
})

/** Stores rows on a site of their own, one minute apart, and returns the scope of that day. */
async function store(...rows: Partial<EventRow>[]): Promise<ReportScope> {
  const siteId = `ws_${randomUUID()}`
  await events.insertEvents(
    rows.map((fields, index) =>
      makeRow({ site_id: siteId, occurred_at: DAY + 600_000 + index * 60_000, ...fields }),
    ),
    randomUUID(),
  )
  return { siteId, period: { from: DAY, to: DAY + DAY_MS }, filters: [] }
}
const read = (scope: ReportScope, parameters: readonly string[] = PARAMETERS) =>
  reports.searches(scope, { parameters, slice: SLICE })

/** The terms of queries, each of which is the only pageview of a visit. */
async function termsOf(...queries: string[]): Promise<string[]> {
  const scope = await store(...queries.map((query, index) => ({ query, session_id: `session-${index}` })))
  return (await read(scope)).map(({ term }) => term)
}

describe('searches', () => {
  it('counts the worked example of docs/metrics.md', async () => {
    const visit = (name: string, ...queries: string[]) =>
      queries.map((query) => ({ query, session_id: name, visitor_id: name === 'b2' ? 'b' : name }))
    const scope = await store(
      // Two pages of results, a product, the results again, and another search, where the visit ends.
      ...visit('a', 'q=Rain+Jacket', 'q=rain%20jacket&page=2', '', 'q=rain+jacket', 'q=boots'),
      ...visit('b', 'q=rain+jacket'),
      ...visit('b2', '', 'q=rain+jacket', 'page=1'),
    )
    expect(await read(scope)).toEqual([
      { term: 'rain jacket', searches: 4, visitors: 2, visits: 3, exitRate: 33.3 },
      { term: 'boots', searches: 1, visitors: 1, visits: 1, exitRate: 100 },
    ])
  })

  it('counts a visit across midnight once, and a search in it that begins again on the next day', async () => {
    const visit = { session_id: 'late', query: 'q=owl' }
    const scope = await store(
      { ...visit, occurred_at: DAY + DAY_MS - 60_000 },
      { ...visit, occurred_at: DAY + DAY_MS + 60_000 },
      { ...visit, query: 'q=night', occurred_at: DAY + DAY_MS + 120_000 },
      // Another visit, which began in the next period.
      { ...visit, session_id: 'next', occurred_at: DAY + DAY_MS + 60_000 },
    )
    expect(await read(scope)).toEqual([
      { term: 'night', searches: 1, visitors: 1, visits: 1, exitRate: 100 },
      { term: 'owl', searches: 1, visitors: 1, visits: 1, exitRate: 0 },
    ])
  })

  it('ignores case, surrounding and repeated whitespace, and invisible characters', async () => {
    const same = [
      'q=%C3%89t%C3%A9+Bl%C3%BCte',
      'q=+%C3%A9T%C3%89%20%20bl%c3%bcte%0A',
      'q=e%CC%81te%CC%81%C2%A0%E2%80%8Bblu%CC%88te%E2%80%AE',
    ]
    expect(await termsOf(...same)).toEqual(['été blüte'])
  })

  it('leaves out pageviews without a term, and those of other parameters', async () => {
    const none = [
      '',
      'q',
      'q=',
      'q=+%20%09',
      'q=%00',
      'q=%E2%80%8B',
      'Q=x',
      'qq=x',
      'a=q=x',
      'x%26q=1',
      '=x',
      '&&',
    ]
    expect(await termsOf(...none)).toEqual([])
  })

  it('takes the first parameter of the list that has a term', async () => {
    expect(await termsOf('s=second&q=first', 's=second&q=', 'q=one&q=two')).toEqual([
      'first',
      'one',
      'second',
    ])
    expect(await termsOf('filters%5Bquery%5D=bracket', 'filters[query]=a%3Db%26c')).toEqual([
      'a=b&c',
      'bracket',
    ])
  })

  it('answers hostile values as text of at most 100 characters', async () => {
    const hostile = [
      'q=%ff%fe%c3',
      'q=%zz%F%',
      `q=${'%F0%9F%98%80'.repeat(3_000)}`,
      `q=${'%'.repeat(10_000)}`,
      `q=${'q=&'.repeat(3_000)}last`,
      'q=%3Cscript%3Ealert(1)%3C/script%3E',
      "q=' OR 1=1 --",
      'q=%22%5C%7B%7D',
      'q==cmd()',
    ]
    const terms = await termsOf(...hostile)
    expect(terms).toEqual(
      [
        // Bytes in a row that are not UTF-8 become one U+FFFD.
        '�',
        '%zz%f%',
        '😀'.repeat(100),
        '%'.repeat(100),
        'q=',
        '<script>alert(1)</script>',
        "' or 1=1 --",
        '"\\{}',
        '=cmd()',
      ].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    )
  })

  it('treats hostile parameter names as names', async () => {
    const scope = await store({ query: 'q=x' })
    for (const name of ["q' OR '1'='1", "']) --", '{siteId: String}', '\\', '\u0000', '', '%'])
      expect(await read(scope, [name])).toEqual([])
  })

  it('applies filters to visits, pages through the rows, and reads pageviews of this site only', async () => {
    const scope = await store(
      { query: 'q=a', session_id: 's1', country: 'CH' },
      { query: 'q=b', session_id: 's2', country: 'DE' },
      { query: 'q=c', session_id: 's1', event_type: 'custom' },
    )
    await store({ query: 'q=other', session_id: 's1' })
    const filters = [{ by: 'field', field: 'country', value: 'CH' }] as const
    expect((await read({ ...scope, filters })).map(({ term }) => term)).toEqual(['a'])
    const slice = { limit: 1, offset: 1 }
    expect(await reports.searches(scope, { parameters: ['q'], slice })).toMatchObject([{ term: 'b' }])
    expect(await read({ ...scope, siteId: 'ws_nothing' })).toEqual([])
  })
})
