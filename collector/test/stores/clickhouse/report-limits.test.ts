import { EVENT_COLUMNS } from '../../../src/stores/clickhouse/event-columns.js'
import { createClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ReportScope } from '../../../src/reports/report-store.js'
import type { QueryClient } from '../../../src/stores/clickhouse/client.js'
import { queryRanking, querySummary } from '../../../src/stores/clickhouse/queries/visit-metrics.js'
import { createClickhouseReportStore } from '../../../src/stores/clickhouse/report-store.js'
import { migrateEvents } from '../../../src/stores/clickhouse/schema.js'
import { startTestEngine, type TestEngine } from '../../support/start-test-engine.js'

const FROM = Date.UTC(2026, 4, 1)
const SCOPE: ReportScope = {
  siteId: 'ws_big',
  period: { from: FROM, to: Date.UTC(2026, 4, 31) },
  filters: [],
}
const EVENTS = 1_000_000
const PAUSE_MS = 2_500

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
  await migrateEvents({ engine }, 30_000)
  await engine.command(`
    INSERT INTO events (site_id, received_at, occurred_at, event_type, visitor_id, session_id, path)
    SELECT 'ws_big', at, at, 'pageview', toString(intDiv(number, 5)), toString(intDiv(number, 2)), toString(number % 1000)
    FROM (SELECT number, fromUnixTimestamp64Milli(${FROM} + toInt64(number) * ${PAUSE_MS}, 'UTC') AS at FROM numbers(${EVENTS}))`)
})
afterAll(() => engine.close())

it('reads only the event columns that a query needs', async () => {
  const client = createClient({ url: engine.url })
  const read: string[][] = []
  const select: QueryClient['select'] = async (query, query_params) => {
    const result = await client.query({
      query: `EXPLAIN actions = 1 ${query}`,
      ...(query_params && { query_params }),
      format: 'JSONEachRow',
    })
    const lines = (await result.json<{ explain: string }>()).map((row) => row.explain)
    // The last output is that of the table: columns, and expressions of columns.
    const output = lines.filter((line) => line.includes('Output: ')).at(-1)!
    const words = new Set(output.match(/\w+/g))
    read.push([...words].filter((word) => Object.hasOwn(EVENT_COLUMNS, word)).sort())
    return []
  }
  const ignoreNoRows = () => {}
  await querySummary({ select }, SCOPE).catch(ignoreNoRows)
  await queryRanking({ select }, { scope: SCOPE, field: 'os', slice: { limit: 10, offset: 0 } })
  await client.close()
  // The position in the request and the path order events of one millisecond.
  expect(read[0]).toEqual([
    'event_type',
    'interactive',
    'occurred_at',
    'path',
    'position',
    'session_id',
    'visitor_id',
  ])
  expect(read[1]).toEqual([
    'event_type',
    'interactive',
    'occurred_at',
    'os',
    'path',
    'position',
    'session_id',
    'visitor_id',
  ])
})

it('cancels a query if its client has disconnected', async () => {
  const hasty = createClickhouseReportStore({ engine, timeoutMs: 20 })
  await expect(hasty.pages(SCOPE, { limit: 10, offset: 0 })).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  })
  await hasty.close()
  const running = () =>
    engine.select<{ elapsed: number }>(
      `SELECT elapsed FROM system.processes WHERE query LIKE '%arrayEnumerate(steps)%' AND query NOT LIKE '%system.processes%'`,
    )
  await expect.poll(running, { timeout: 30_000 }).toEqual([])
})

it('answers all concurrent report requests, even if some must wait', async () => {
  const reports = createClickhouseReportStore({ engine })
  // A part of the events, because all answers together must come in time on a busy machine.
  const events = EVENTS / 4
  const scope = { ...SCOPE, period: { from: FROM, to: FROM + events * PAUSE_MS } }
  const answers = await Promise.all(Array.from({ length: 12 }, () => reports.summary(scope)))
  await reports.close()
  for (const answer of answers)
    expect(answer).toMatchObject({ visitors: events / 5, visits: events / 2, pageviews: events })
})
