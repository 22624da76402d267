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

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const START = Date.UTC(2026, 4, 10, 22)
const MEASUREMENTS = [
  { event_type: 'engagement', properties: '{"engaged_ms":20000,"view":"view-1"}' },
  { event_type: 'performance', properties: '{"lcp":900,"view":"view-1","nav":0}' },
  { event_type: 'error', properties: '{"type":"TypeError","message":"x","handled":false}' },
]

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

const happen = (site_id: string, session_id: string, minutes: number, fields: Partial<EventRow> = {}) => {
  const at = START + minutes * MINUTE_MS
  return makeRow({ site_id, session_id, occurred_at: at, received_at: at, ...fields })
}
const measure = (site: string, session: string, minutes: number) =>
  MEASUREMENTS.map((fields) => happen(site, session, minutes, fields))
const summaryOf = (siteId: string) =>
  reports.summary({ siteId, period: { from: START - HOUR_MS, to: START + 48 * HOUR_MS }, filters: [] })

it('neither begins, ends nor makes a visit by measurements', async () => {
  const pages = (site: string) => [
    happen(site, 'session-1', 0),
    happen(site, 'session-1', 2),
    // A pause of over 24 hours, which a measurement in between does not shorten.
    happen(site, 'session-2', 0),
    happen(site, 'session-2', 30 * 60),
  ]
  await events.insertEvents(pages('ws_plain'), randomUUID())
  await events.insertEvents(
    [
      ...pages('ws_measured'),
      ...[-10, 1, 300, 20 * 60].flatMap((minutes) => measure('ws_measured', 'session-1', minutes)),
      ...measure('ws_measured', 'session-2', 15 * 60),
      ...measure('ws_measured', 'session-without-page', 5),
    ],
    randomUUID(),
  )
  const { engagedRate, averageEngagedTime, ...summary } = await summaryOf('ws_measured')
  expect(await summaryOf('ws_plain')).toMatchObject(summary)
  // Two of the visits were engaged with views that are not theirs.
  expect([engagedRate, averageEngagedTime]).toEqual([100, 50])
  expect(summary).toMatchObject({ visits: 3, pageviews: 4, averageDuration: 40 })
})

it('counts events of these types as before when they were not captured', async () => {
  await events.insertEvents(
    [happen('ws_own', 'session-1', 0), happen('ws_own', 'session-1', 1, { event_type: 'engagement' })],
    randomUUID(),
  )
  expect(await summaryOf('ws_own')).toMatchObject({ visits: 1, averageDuration: 60 })
})

it('ends a session by its last event that is no measurement, and never again by a late one', async () => {
  await events.insertEvents(
    [
      happen('ws_end', 'session-1', 0),
      happen('ws_end', 'session-1', 3),
      ...measure('ws_end', 'session-1', 180),
    ],
    randomUUID(),
  )
  const endedBetween = async (from: number, until: number) => {
    const { sessions } = await activity.endedSessions({
      siteIds: ['ws_end'],
      from: START + from * MINUTE_MS,
      until: START + until * MINUTE_MS,
      after: undefined,
      limit: 10,
    })
    return sessions
  }
  expect(await endedBetween(-5, 10)).toMatchObject([
    { sessionId: 'session-1', pages: 2, endedAt: START + 3 * MINUTE_MS },
  ])
  expect(await endedBetween(10, 300)).toEqual([])
})
