import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { GoalRule } from '../../src/control/goals/goal.js'
import type { EventRow } from '../../src/ingest/event-row.js'
import type { Period, ReportFilter, ReportScope, ReportStore } from '../../src/reports/report-store.js'
import { createClickhouseEventStore } from '../../src/stores/clickhouse/event-store.js'
import { createClickhouseReportStore } from '../../src/stores/clickhouse/report-store.js'
import { VISIT_RULES } from '../../src/stores/clickhouse/queries/visit-parts.js'
import { BUILDS_PER_MS } from '../../src/stores/clickhouse/rollups/period.js'
import { createRollups } from '../../src/stores/clickhouse/rollups/roll-up.js'
import { createRandom } from './create-random.js'
import { DAY_MS, HOUR_MS, NOW } from './golden-month.js'
import { planCookieless, PLANNED_DAYS, planSessions, splitIntoVisits } from './plan-sessions.js'
import { toIngestEvent } from './plan-posts.js'
import { type GoldenCollector, startGoldenCollector } from './start-golden-collector.js'
import { engagementIdOf, toEventRows } from './to-event-row.js'
import { startsWithin, trueReports } from './true-reports.js'
import { PLANNED_GOALS } from './true-goals.js'
import { sum } from './true-sums.js'

// Also part of the name of each test: a failure can be reproduced by it.
const SEED = 20_241_119
const VISITS = 2_000
// The share of the stored events that arrive only after their day was rolled up.
const LATE_SHARE = 0.02
// Late events of this test are stored at once.
const COMMIT_DELAY_MS = 1
const ALL = { limit: 5_000, offset: 0 }

const random = createRandom(SEED)
const sessions = planSessions(SEED, VISITS)
const cookieless = planCookieless(SEED)
const visits = [...sessions, ...cookieless.flatMap((visitor) => visitor.sessions)].flatMap(splitIntoVisits)
const late = new Set(
  sessions
    .filter(({ delivery }) => delivery === 'store')
    .flatMap(({ events }) =>
      events.flatMap(({ id }) => [
        ...(random.chance(LATE_SHARE) ? [id, engagementIdOf(id)] : []),
        ...(random.chance(LATE_SHARE) ? [engagementIdOf(id)] : []),
      ]),
    ),
)
/** The sessions without the events that arrive late. */
const punctual = sessions.map((session) => ({
  ...session,
  events: session.events
    .filter(({ id }) => !late.has(id))
    .map((event) => (late.has(engagementIdOf(event.id)) ? { ...event, engagement: undefined } : event)),
}))
/** The visits of the events that are stored before the late ones. */
const punctualVisits = [...punctual, ...cookieless.flatMap((visitor) => visitor.sessions)].flatMap(
  splitIntoVisits,
)

const TODAY = NOW - (NOW % DAY_MS)
const WHOLE: Period = { from: TODAY - (PLANNED_DAYS + 1) * DAY_MS, to: TODAY + DAY_MS }
const DAYS = Array.from({ length: PLANNED_DAYS + 2 }, (_, day) => WHOLE.from + day * DAY_MS)
const RULES = PLANNED_GOALS.map(({ rule }) => ({ match: 'exact', ...rule }) as unknown as GoalRule)

let golden: GoldenCollector
let siteId: string
/** Reports from rollups, from rollups with the sketches of large sites, and from the events alone. */
let stores: Record<'settled' | 'sketched' | 'raw', ReportStore & { close(): Promise<void> }>

beforeAll(async () => {
  golden = await startGoldenCollector(punctual, SEED, ['UTC'])
  siteId = golden.sites.get('UTC')!.id
  await sendCookieless()
  const { url } = golden.collector.engine
  const options = { url, commitDelayMs: COMMIT_DELAY_MS }
  stores = {
    settled: createClickhouseReportStore(options),
    sketched: createClickhouseReportStore({ ...options, maxCountedExactly: -1 }),
    raw: createClickhouseReportStore({ url, useRollups: false }),
  }
})
afterAll(async () => {
  for (const store of Object.values(stores)) await store.close()
  await golden.close()
})

/** Each visitor sends its events at once, some of them twice. */
async function sendCookieless(): Promise<void> {
  const site = golden.sites.get('UTC')!
  for (const [number, visitor] of cookieless.entries()) {
    const events = visitor.sessions.flatMap((session) =>
      session.events.map((event) => ({
        ...toIngestEvent(event),
        session_id: session.sessionId,
        cookieless: true,
        age_ms: NOW - event.at,
      })),
    )
    const headers = {
      'x-forwarded-for': `172.16.${number}.1`,
      'x-country': visitor.sessions[0]!.events[0]!.client.country,
    }
    for (const body of number % 3 === 0 ? [events, events] : [events]) {
      const answer = await golden.collector.post(body, { code: site.trackingCode, headers })
      expect(answer.status, await answer.clone().text()).toBe(200)
    }
  }
}

/** Marks the days since the plan, which have no events, as rolled up, and rolls up the days of the plan. */
async function rollUp(): Promise<void> {
  await golden.collector.command(
    `INSERT INTO settled_days (site_id, day, build, is_settled, visits, visit_rules)
     SELECT '${siteId}', toDate(${(TODAY + 2 * DAY_MS) / 1000}) + number, toUnixTimestamp64Milli(now64(3)) * ${BUILDS_PER_MS}, true, 0, ${VISIT_RULES} FROM numbers(toUInt32(today() - toDate(${(TODAY + 2 * DAY_MS) / 1000})))`,
  )
  const rollups = createRollups({ url: golden.collector.engine.url, commitDelayMs: COMMIT_DELAY_MS })
  while (!(await rollups.rollUp({ forMs: 10_000 })).isDone);
  await rollups.close()
}

const scopeOf = (period: Period, filters: ReportFilter[] = []): ReportScope => ({ siteId, period, filters })

/** Every report of a scope. */
async function readReports(store: ReportStore, scope: ReportScope) {
  const reads = {
    summary: store.summary(scope),
    days: store.timeline(scope, startsWithin(scope.period, DAYS)),
    pages: store.pages(scope, ALL),
    countries: store.ranking(scope, 'country', ALL),
    sources: store.ranking(scope, 'source', ALL),
    visitors: store.visitors(scope, ALL),
    eventNames: store.eventNames(scope, ALL),
    eventProperties: store.eventProperties(scope, 'signup', ALL.limit),
    revenue: store.revenue(scope),
    goals: store.goals(scope, RULES),
    errorGroups: store.errorGroups(scope, ALL),
  }
  const answers = await Promise.all(
    Object.entries(reads).map(async ([name, answer]) => [name, await answer] as const),
  )
  return Object.fromEntries(answers)
}

const WHOLE_SCOPE = scopeOf(WHOLE)
const SCOPES = [
  WHOLE_SCOPE,
  scopeOf({ from: DAYS[7]! + 7.5 * HOUR_MS, to: DAYS[9]! + 1 }),
  scopeOf({ from: NOW - DAY_MS, to: NOW + 1 }, [{ by: 'path', value: '/shop' }]),
  scopeOf({ from: DAYS[3]!, to: DAYS[6]! }, [
    { by: 'event', value: 'signup' },
    { by: 'field', field: 'country', value: 'CH' },
  ]),
]

/** Compares every report with the plan of the visits known by now, and rollups with events. */
async function expectTruth(known: typeof visits, scopes: readonly ReportScope[]): Promise<void> {
  for (const asked of scopes) {
    const scope = { ...asked, siteId }
    const raw = await readReports(stores.raw, scope)
    expect([scope, raw]).toEqual([scope, trueReports(known, scope, DAYS)])
    expect([scope, await readReports(stores.settled, scope)]).toEqual([scope, raw])
    expect([scope, await stores.sketched.pages(scope, ALL)]).toEqual([scope, raw['pages']])
  }
}

it(`plans ${VISITS} visits with pauses at every edge (seed ${SEED})`, () => {
  expect(visits.length).toBeGreaterThanOrEqual(VISITS)
  const spans = visits.map(({ events }) => events.at(-1)!.at - events[0]!.at)
  expect(spans.filter((ms) => ms >= DAY_MS).length).toBeGreaterThan(30)
  expect(visits.length - sessions.length).toBeGreaterThan(200)
  expect(late.size).toBeGreaterThan(50)
  const read = sessions.flatMap(({ events }) => events.flatMap(({ engagement }) => engagement ?? []))
  expect(read.length).toBeGreaterThan(500)
})

it(`returns the planned figures from events and from rollups (seed ${SEED})`, async () => {
  await rollUp()
  await expectTruth(punctualVisits, SCOPES)
})

it(`returns the planned figures before and after rolling up late events (seed ${SEED})`, async () => {
  const store = await createClickhouseEventStore({ url: golden.collector.engine.url })
  const rows = sessions
    .flatMap((session) => toEventRows(session, siteId, 0))
    .filter(({ event_id }) => late.has(event_id))
    .map((row): EventRow => ({ ...row, received_at: Date.now() }))
  await store.insertEvents(rows, randomUUID())
  await store.close()
  await expectTruth(visits, [WHOLE_SCOPE, SCOPES[3]!])
  await rollUp()
  await expectTruth(visits, SCOPES.slice(0, 2))
})

it(`adds the days up to the period (seed ${SEED})`, async () => {
  for (const store of Object.values(stores)) {
    const whole = await store.summary(scopeOf(WHOLE))
    const days = await Promise.all(DAYS.map((from) => store.summary(scopeOf({ from, to: from + DAY_MS }))))
    expect(sum(days.map((day) => day.visits))).toBe(whole.visits)
    expect(sum(days.map((day) => day.pageviews))).toBe(whole.pageviews)
    expect(await store.timeline(scopeOf(WHOLE), DAYS)).toEqual(days)
  }
})
