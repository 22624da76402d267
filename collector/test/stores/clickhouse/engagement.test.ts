import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventRow } from '../../../src/ingest/event-row.js'
import type { EventStore } from '../../../src/ingest/event-store.js'
import type { ReportStore } from '../../../src/reports/report-store.js'
import { createClickhouseActivityStore } from '../../../src/stores/clickhouse/activity.js'
import { createClickhouseEventStore } from '../../../src/stores/clickhouse/event-store.js'
import { createClickhouseReportStore } from '../../../src/stores/clickhouse/report-store.js'
import type { ActivityStore } from '../../../src/webhooks/events/activity-store.js'
import { makeRow } from '../../support/make-row.js'
import { startTestEngine, type TestEngine } from '../../support/start-test-engine.js'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const START = Date.UTC(2026, 4, 10, 22)

let engine: TestEngine
let events: EventStore
let reports: ReportStore & { close(): Promise<void> }
let activity: ActivityStore & { close(): Promise<void> }

beforeAll(async () => {
  engine = await startTestEngine()
  events = await createClickhouseEventStore({ engine })
  reports = createClickhouseReportStore({ engine })
  activity = createClickhouseActivityStore({ engine })
})
afterAll(async () => {
  await Promise.all([reports.close(), activity.close(), events.close()])
  await engine.close()
})

const happen = (site_id: string, session_id: string, seconds: number, fields: Partial<EventRow> = {}) =>
  makeRow({
    site_id,
    session_id,
    visitor_id: session_id,
    occurred_at: START + seconds * SECOND_MS,
    ...fields,
  })

/** Engagement with a pageview. `engaged` is in seconds. */
const read = (view: EventRow, seconds: number, engaged: number, scroll?: number) =>
  happen(view.site_id, view.session_id, seconds, {
    event_type: 'engagement',
    properties: JSON.stringify({ engaged_ms: engaged * SECOND_MS, scroll, view: view.event_id }),
  })

const scopeOf = (siteId: string) => ({
  siteId,
  period: { from: START - HOUR_MS, to: START + 48 * HOUR_MS },
  filters: [],
})
const insert = (rows: EventRow[]) => events.insertEvents(rows, randomUUID())

it('returns the figures of the table in docs/metrics.md', async () => {
  const site = 'ws_table'
  const view = (session: string) => happen(site, session, 0)
  const [a, b, c, d, e, f] = [view('a'), view('b'), view('c'), view('d'), view('e'), view('f')] as const
  const second = happen(site, 'd', 40, { path: '/b' })
  await insert([
    a,
    read(a, 5, 4, 20),
    b,
    read(b, 30, 25, 100),
    c,
    happen(site, 'c', 5, { event_type: 'custom', event_name: 'signup' }),
    read(c, 8, 6, 50),
    d,
    read(d, 40, 30, 80),
    second,
    read(second, 70, 12, 60),
    e,
    read(e, 8, 8, 30),
    read(e, 3607, 7, 10),
    f,
  ])
  expect(await reports.summary(scopeOf(site))).toEqual({
    visitors: 6,
    visits: 6,
    pageviews: 7,
    bounceRate: 66.7,
    averageDuration: 17,
    engagedRate: 80,
    averageEngagedTime: 18.4,
  })
  expect(await reports.pages(scopeOf(site), { limit: 10, offset: 0 })).toMatchObject([
    { path: '/', views: 6, averageTime: 16, scrollDepth: 56 },
    { path: '/b', views: 1, averageTime: 12, scrollDepth: 60 },
  ])
})

it('counts a view as engaged for no longer than it was open', async () => {
  const view = happen('ws_long', 'a', 0)
  await insert([view, read(view, 10, 3600, 100), read(view, 20, 3600, 100)])
  expect(await reports.summary(scopeOf('ws_long'))).toMatchObject({
    averageDuration: 20,
    averageEngagedTime: 20,
  })
  const early = happen('ws_early', 'a', 0)
  await insert([early, read(early, -5, 30)])
  expect(await reports.summary(scopeOf('ws_early'))).toMatchObject({
    averageDuration: 0,
    averageEngagedTime: 0,
    engagedRate: 0,
  })
})

it('counts engagement with a view of another session, or of none, for no page and for no other visit', async () => {
  const view = happen('ws_alien', 'a', 0)
  const other = happen('ws_alien', 'b', 0)
  const action = happen('ws_alien', 'a', 5, { event_type: 'custom' })
  await insert([
    view,
    action,
    other,
    read({ ...view, session_id: 'b' }, 30, 25, 90),
    read({ ...view, event_id: 'nobody' }, 30, 25, 90),
    read(action, 30, 25, 90),
    read({ ...view, session_id: 'c' }, 30, 25, 90),
  ])
  expect(await reports.summary(scopeOf('ws_alien'))).toMatchObject({
    visits: 2,
    averageDuration: 2.5,
    averageEngagedTime: 27.5,
  })
  const [page] = await reports.pages(scopeOf('ws_alien'), { limit: 10, offset: 0 })
  expect(page).toMatchObject({ views: 2, averageTime: null, scrollDepth: null })
})

it('counts engagement beyond midnight, but not on the day after that', async () => {
  const view = happen('ws_night', 'a', 0)
  await insert([view, read(view, 2.5 * 3600, 60, 40)])
  expect(await reports.summary(scopeOf('ws_night'))).toMatchObject({ visits: 1, averageEngagedTime: 60 })
  await insert([read(view, 27 * 3600, 60, 90)])
  expect(await reports.summary(scopeOf('ws_night'))).toMatchObject({ visits: 1, averageEngagedTime: 60 })
})

it('ignores numbers that no page measures in rows of an older release', async () => {
  const view = happen('ws_odd', 'a', 0)
  const send = (engaged_ms: unknown, scroll: unknown) => ({
    ...read(view, 60, 0),
    event_id: randomUUID(),
    properties: JSON.stringify({ engaged_ms, scroll, view: view.event_id }),
  })
  await insert([view, send(-5, -1), send('x', 'y'), send(1e300, 5000), send(null, null)])
  expect(await reports.summary(scopeOf('ws_odd'))).toMatchObject({ averageEngagedTime: 60 })
  const [page] = await reports.pages(scopeOf('ws_odd'), { limit: 10, offset: 0 })
  expect(page).toMatchObject({ averageTime: 60, scrollDepth: 100 })
})

it('ends a session with the engaged time of its last page, received up to the end', async () => {
  const view = happen('ws_end', 'a', 0)
  const last = happen('ws_end', 'a', 60, { path: '/last' })
  await insert([view, last, read(last, 25 * 60, 600), read(last, 40 * 60, 600)])
  const { sessions } = await activity.endedSessions({
    siteIds: ['ws_end'],
    from: START - MINUTE_MS,
    until: START + 2 * MINUTE_MS,
    limit: 10,
  })
  expect(sessions).toMatchObject([
    { sessionId: 'a', pages: 2, exitPath: '/last', startedAt: START, endedAt: START + 660 * SECOND_MS },
  ])
})
