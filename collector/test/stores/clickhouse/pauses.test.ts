import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventStore } from '../../../src/ingest/event-store.js'
import type { ReportStore } from '../../../src/reports/report-store.js'
import { createClickhouseEventStore } from '../../../src/stores/clickhouse/event-store.js'
import { createClickhouseReportStore } from '../../../src/stores/clickhouse/report-store.js'
import { createRollups } from '../../../src/stores/clickhouse/rollups/roll-up.js'
import { makeRow } from '../../support/make-row.js'
import { startTestEngine, type TestEngine } from '../../support/start-test-engine.js'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
const FIRST = Math.floor(Date.now() / DAY_MS) * DAY_MS - 12 * DAY_MS
const DAYS = Array.from({ length: 8 }, (_, day) => FIRST + day * DAY_MS)
const PERIOD = { from: FIRST, to: FIRST + 8 * DAY_MS }

const hourly = (hours: number) => Array.from({ length: hours }, (_, hour) => 30.5 + hour)
/** Hours of the pageviews of one session since the first day began, and the views of each of its visits by day. */
const SESSIONS: [name: string, hours: number[], views: number[]][] = [
  ['a pause of 24 hours', [34, 58], [0, 2, 0, 0, 0, 0, 0, 0]],
  ['a pause of a millisecond more', [34, 58 + 1 / HOUR_MS], [0, 1, 1, 0, 0, 0, 0, 0]],
  ['a pause of 30 hours', [34, 35, 65], [0, 2, 1, 0, 0, 0, 0, 0]],
  ['a pause of 50 hours', [34, 84, 85], [0, 1, 0, 2, 0, 0, 0, 0]],
  ['events of two days', hourly(41), [0, 41, 0, 0, 0, 0, 0, 0]],
  ['events of four days', hourly(90), [0, 42, 0, 24, 24, 0, 0, 0]],
  ['a pause after events of three days', [30, 50, 73, 100], [0, 2, 0, 1, 1, 0, 0, 0]],
]

let engine: TestEngine
let events: EventStore
let stores: Record<'raw' | 'settled', ReportStore & { close(): Promise<void> }>

beforeAll(async () => {
  engine = await startTestEngine()
  const { url } = engine
  events = await createClickhouseEventStore({ url })
  stores = {
    raw: createClickhouseReportStore({ url, useRollups: false }),
    settled: createClickhouseReportStore({ url, commitDelayMs: 1 }),
  }
  const rows = SESSIONS.flatMap(([name, hours]) =>
    hours.map((hour) =>
      makeRow({ site_id: name, session_id: 'session', occurred_at: Math.round(FIRST + hour * HOUR_MS) }),
    ),
  )
  await events.insertEvents(rows.reverse(), randomUUID())
  const rollups = createRollups({ url, commitDelayMs: 1 })
  await rollups.rollUp({ forMs: 60_000 })
  await rollups.close()
})
afterAll(async () => {
  for (const store of [...Object.values(stores), events, engine]) await store.close()
})

describe.each(SESSIONS)('a session with %s', (siteId, _, views) => {
  it.each(['raw', 'settled'] as const)('has the same visits by day and in total (%s)', async (name) => {
    const scope = { siteId, period: PERIOD, filters: [] }
    const timeline = await stores[name].timeline(scope, DAYS)
    expect(timeline.map(({ pageviews }) => pageviews)).toEqual(views)
    const days = await Promise.all(
      DAYS.map((from) => stores[name].summary({ ...scope, period: { from, to: from + DAY_MS } })),
    )
    expect(days).toEqual(timeline)
    const { visits, pageviews } = await stores[name].summary(scope)
    expect(visits).toBe(views.filter((count) => count > 0).length)
    expect(pageviews).toBe(views.reduce((sum, count) => sum + count))
    const [page] = await stores[name].pages(scope, { limit: 1, offset: 0 })
    expect(page).toMatchObject({ views: pageviews, entries: visits, exits: visits })
  })
})

it('rolls up again the days that were rolled up by older rules', async () => {
  const scope = { siteId: SESSIONS[0]![0], period: PERIOD, filters: [] }
  await replaceRows('settled_days', '1 AS visit_rules')
  // The rows of the older rollup must not be read.
  await replaceRows('visits', '100 AS pageviews')
  expect((await stores.settled.summary(scope)).pageviews).toBe(2)
  const rollups = createRollups({ url: engine.url, commitDelayMs: 1 })
  expect((await rollups.rollUp({ forMs: 60_000 })).rolledUpDays).toBeGreaterThan(SESSIONS.length * 5)
  await rollups.close()
  expect((await stores.settled.summary(scope)).pageviews).toBe(2)
})

async function replaceRows(table: string, change: string): Promise<void> {
  await engine.command(`CREATE TABLE changed AS ${table}`)
  await engine.command(`INSERT INTO changed SELECT * REPLACE (${change}) FROM ${table}`)
  await engine.command(`TRUNCATE TABLE ${table}`)
  await engine.command(`INSERT INTO ${table} SELECT * FROM changed`)
  await engine.command('DROP TABLE changed')
}
