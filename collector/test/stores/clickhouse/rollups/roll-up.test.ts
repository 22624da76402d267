import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { GoalRule } from '../../../../src/control/goals/goal.js'
import type { EventRow } from '../../../../src/ingest/event-row.js'
import type { EventStore } from '../../../../src/ingest/event-store.js'
import type { ReportScope, ReportStore } from '../../../../src/reports/report-store.js'
import { createClickhouseEventStore } from '../../../../src/stores/clickhouse/event-store.js'
import { createClickhouseReportStore } from '../../../../src/stores/clickhouse/report-store.js'
import type { Rollups } from '../../../../src/reports/rollup-store.js'
import { createRollups } from '../../../../src/stores/clickhouse/rollups/roll-up.js'
import { makeRow } from '../../../support/make-row.js'
import { startTestEngine, type TestEngine } from '../../../support/start-test-engine.js'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS
const DAYS = 12
const FIRST = TODAY - DAYS * DAY_MS
const ALL = { limit: 1_000, offset: 0 }
// Events of these tests are stored at once.
const COMMIT_DELAY_MS = 1

let engine: TestEngine
let events: EventStore
let settling: Rollups
/** Reports from rollups, from rollups with the sketches of large sites, and from the events alone. */
let reports: Record<'settled' | 'sketched' | 'raw', ReportStore & { close(): Promise<void> }>

beforeAll(async () => {
  engine = await startTestEngine()
  events = await createClickhouseEventStore({ engine })
  settling = createRollups({ engine, commitDelayMs: COMMIT_DELAY_MS })
  reports = {
    settled: createClickhouseReportStore({ engine, commitDelayMs: COMMIT_DELAY_MS }),
    sketched: createClickhouseReportStore({ engine, commitDelayMs: COMMIT_DELAY_MS, maxCountedExactly: -1 }),
    raw: createClickhouseReportStore({ engine, useRollups: false }),
  }
})
afterAll(async () => {
  for (const store of [...Object.values(reports), settling, events, engine]) await store.close()
})

/** Repeatable numbers from 0 to below 1. */
function createRandom(seed: number): () => number {
  return () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
}

/** Visits at any time of the last days and today, many of them across midnight. */
function makeVisits({ siteId, seed, count }: { siteId: string; seed: number; count: number }): EventRow[] {
  const random = createRandom(seed)
  const pick = <Item>(items: Item[]) => items[Math.floor(random() * items.length)]!
  return Array.from({ length: count }, (_, visit) => {
    let occurred_at = Math.floor(FIRST + random() * (Date.now() - 4 * HOUR_MS - FIRST))
    const shared = {
      site_id: siteId,
      visitor_id: `visitor-${Math.floor((random() * count) / 3)}`,
      session_id: `${siteId}-session-${seed}-${visit}`,
      country: pick(['CH', 'DE', 'US']),
      source: pick(['', 'Google', 'blog.example']),
      browser: pick(['Firefox', 'Chrome']),
    }
    return Array.from({ length: 1 + Math.floor(random() * 6) }, () => {
      occurred_at += Math.floor(random() * 30 * 60 * 1000)
      const event_type = pick(['pageview', 'pageview', 'pageview', 'custom', 'goal', 'revenue', 'engagement'])
      return makeRow({
        ...shared,
        occurred_at,
        event_type,
        event_name: event_type === 'custom' ? 'signup' : '',
        path: pick(['/', '/a', '/b', '/c/d']),
        query: pick(['', 'q=a', 'q=b']),
        properties: event_type === 'revenue' ? '{"amount":2,"currency":"EUR"}' : '{"plan":"pro"}',
        interactive: random() < 0.6,
      })
    })
  }).flat()
}

/** Whether the day before yesterday may still receive events of yesterday. */
const isEarly = () => Date.now() - TODAY < 15 * 60_000
const settle = () => settling.rollUp({ forMs: 60_000 })
const settledDays = async (siteId: string) =>
  (
    await engine.select<{ day: string }>(
      `SELECT toString(day) AS day FROM settled_days FINAL WHERE site_id = '${siteId}' AND is_settled ORDER BY day`,
    )
  ).map(({ day }) => Math.round((Date.parse(day) - TODAY) / DAY_MS))

const GOALS: GoalRule[] = [
  { kind: 'path', match: 'exact', path: '/a' },
  { kind: 'path', match: 'glob', path: '/*/d' },
  { kind: 'event', event: 'signup' },
  { kind: 'duration', seconds: 1800 },
]

/** Every report of a scope. */
async function describe(store: ReportStore, scope: ReportScope): Promise<unknown[]> {
  const starts = Array.from({ length: 80 }, (_, index) => scope.period.from + index * 6 * HOUR_MS).filter(
    (start) => start < scope.period.to,
  )
  return [
    await store.summary(scope),
    await store.timeline(scope, starts),
    await store.pages(scope, ALL),
    await store.ranking(scope, 'country', ALL),
    await store.ranking(scope, 'source', ALL),
    await store.visitors(scope, ALL),
    await store.eventNames(scope, ALL),
    await store.revenue(scope),
    await store.searches(scope, { parameters: ['q'], slice: ALL }),
    await store.goals(scope, GOALS),
  ]
}

/** Compares reports from rollups with reports from events. */
async function expectSame(...scopes: ReportScope[]): Promise<void> {
  for (const scope of scopes) {
    const raw = await describe(reports.raw, scope)
    for (const store of [reports.settled, reports.sketched])
      expect([scope, await describe(store, scope)]).toEqual([scope, raw])
  }
}

const hours = (first: number, last: number) => ({ from: FIRST + first * HOUR_MS, to: FIRST + last * HOUR_MS })
const scope = (siteId: string, period = hours(0, DAYS * 24 + 24)): ReportScope => ({
  siteId,
  period,
  filters: [],
})

it('returns the same results from rollups as from events, wherever the period begins and ends', async () => {
  await events.insertEvents(makeVisits({ siteId: 'ws_random', seed: 7, count: 400 }), randomUUID())
  const { rolledUpDays, isDone } = await settle()
  const days = await settledDays('ws_random')
  expect([isDone, days.length, days.at(-1)! <= -2]).toEqual([true, rolledUpDays, true])
  expect(days.length).toBeGreaterThanOrEqual(DAYS - 3)
  const asked = scope('ws_random', hours(-5, DAYS * 24 + 3))
  await expectSame(asked, scope('ws_random', hours(38.5, 86.5)), scope('ws_random', hours(30, 31)))
  await expectSame(
    {
      ...asked,
      filters: [
        { by: 'field', field: 'country', value: 'CH' },
        { by: 'path', value: '/a' },
      ],
    },
    { ...asked, filters: [{ by: 'event', value: 'signup' }] },
  )
  expect(await settle()).toEqual({ rolledUpDays: 0, isDone: true })
})

it('reads a day from its events instead of its rollup after a late event arrives', async () => {
  const { visits } = await reports.settled.summary(scope('ws_random'))
  const at = FIRST + 4 * DAY_MS
  // A new visit, another event of a rolled-up visit, and one that moves the beginning of its visit to the
  // day before.
  const known = makeVisits({ siteId: 'ws_random', seed: 7, count: 400 }).find(
    ({ occurred_at }) => occurred_at > at + DAY_MS && occurred_at < at + 1.5 * DAY_MS,
  )!
  const late = { received_at: Date.now() }
  await events.insertEvents(
    [
      makeRow({ site_id: 'ws_random', session_id: 'late', visitor_id: 'late', occurred_at: at + 1, ...late }),
      makeRow({ ...known, occurred_at: known.occurred_at + 1_000, ...late }),
      makeRow({ ...known, occurred_at: at + DAY_MS - 1, path: '/early', ...late }),
    ],
    randomUUID(),
  )
  expect((await reports.settled.summary(scope('ws_random'))).visits).toBe(visits + 1)
  await expectSame(scope('ws_random'))
  expect((await settle()).rolledUpDays).toBe(5)
  await expectSame(scope('ws_random'))
})

it('does not use the rollup of a day while an event of that day may not be stored yet', async () => {
  const patient = {
    settling: createRollups({ engine }),
    reports: createClickhouseReportStore({ engine }),
  }
  const row = (fields: Partial<EventRow>) =>
    makeRow({ site_id: 'ws_patient', occurred_at: FIRST + HOUR_MS, ...fields })
  await events.insertEvents([row({})], randomUUID())
  await patient.settling.rollUp({ forMs: 60_000 })
  expect(await settledDays('ws_patient')).toHaveLength(DAYS - 1 - Number(isEarly()))
  // Received before the rollup of its day, and stored only now.
  await events.insertEvents(
    [row({ session_id: 'slow', received_at: Date.now() - 10 * 60_000 })],
    randomUUID(),
  )
  expect(await patient.reports.summary(scope('ws_patient'))).toMatchObject({ visits: 2 })
  await patient.settling.rollUp({ forMs: 60_000 })
  expect(await patient.reports.summary(scope('ws_patient'))).toMatchObject({ visits: 2 })
  // Minus the day of the event and the two after it; the site has no day before.
  expect(await settledDays('ws_patient')).toHaveLength(DAYS - 4 - Number(isEarly()))
  await patient.settling.close()
  await patient.reports.close()
})

it('invalidates the rollups of deleted events, and keeps none of their rows', async () => {
  const visitor = 'visitor-to-erase'
  const row = (day: number, fields: Partial<EventRow> = {}) =>
    makeRow({
      site_id: 'ws_erase',
      occurred_at: FIRST + day * DAY_MS + HOUR_MS,
      session_id: `session-${day}`,
      ...fields,
    })
  await events.insertEvents(
    [row(0), row(2), row(2, { visitor_id: visitor, session_id: 'erased', path: '/only-me' }), row(6)],
    randomUUID(),
  )
  await settle()
  expect(await reports.sketched.summary(scope('ws_erase'))).toMatchObject({ visits: 4 })
  expect(await events.delete({ siteIds: ['ws_erase'], visitorId: visitor })).toEqual({
    rows: 1,
    isDone: true,
  })
  expect(await engine.select(`SELECT session_id FROM visits WHERE visitor_id = '${visitor}'`)).toEqual([])
  expect(await engine.select("SELECT path FROM page_days WHERE path = '/only-me'")).toEqual([])
  expect((await settledDays('ws_erase')).slice(0, 4).map((day) => day + DAYS)).toEqual([0, 5, 6, 7])
  await expectSame(scope('ws_erase'))
  await settle()
  await expectSame(scope('ws_erase'))

  await events.delete({ siteIds: ['ws_erase'], before: FIRST + DAY_MS })
  await expectSame(scope('ws_erase'))
  await events.delete({ siteIds: ['ws_erase'] })
  expect(await reports.settled.summary(scope('ws_erase'))).toMatchObject({ visits: 0 })
  expect(await engine.select("SELECT count() AS n FROM visits WHERE site_id = 'ws_erase'")).toEqual([
    { n: 0 },
  ])
})

it('does not count a duplicate that was deleted after its day was rolled up', async () => {
  const row = makeRow({
    site_id: 'ws_copies',
    occurred_at: FIRST + (DAYS - 5) * DAY_MS,
    received_at: Date.now(),
    session_id: 'copied',
  })
  await events.insertEvents([row], randomUUID())
  const other = await createClickhouseEventStore({ engine })
  await other.insertEvents([{ ...row, received_at: row.received_at + 1 }], randomUUID())
  await settle()
  expect(await reports.settled.summary(scope('ws_copies'))).toMatchObject({ pageviews: 2 })
  expect(await other.deleteDuplicates(Date.now() - HOUR_MS)).toBe(1)
  expect(await reports.settled.summary(scope('ws_copies'))).toMatchObject({ pageviews: 1 })
  await settle()
  expect(await reports.settled.summary(scope('ws_copies'))).toMatchObject({ pageviews: 1 })
  await other.close()
})

it('counts visits once if two collectors roll up a day concurrently', async () => {
  await events.insertEvents(makeVisits({ siteId: 'ws_twice', seed: 11, count: 50 }), randomUUID())
  // The state left by a collector that dies between two steps.
  await engine.command(
    "INSERT INTO visits (site_id, day, build, session_id, started_at, pageviews) SELECT 'ws_twice', toDate(occurred_at), 4096, session_id, occurred_at, 1 FROM events WHERE site_id = 'ws_twice'",
  )
  const other = createRollups({ engine, commitDelayMs: COMMIT_DELAY_MS })
  await Promise.all([settle(), other.rollUp({ forMs: 60_000 })])
  await expectSame(scope('ws_twice'))
  await other.rebuild()
  await expectSame(scope('ws_twice'))
  expect(
    await engine.select("SELECT count() AS n FROM visits WHERE site_id = 'ws_twice' AND build = 4096"),
  ).toEqual([{ n: 0 }])
  await other.close()
})

it('rolls up days after the engine was killed during a rollup', async () => {
  await events.insertEvents(makeVisits({ siteId: 'ws_killed', seed: 13, count: 200 }), randomUUID())
  const settled = settle().catch(() => 'failed')
  await vi.waitUntil(
    async () =>
      (await engine.select<{ n: number }>("SELECT count() AS n FROM visits WHERE site_id = 'ws_killed'"))[0]!
        .n > 0,
    { timeout: 30_000 },
  )
  process.kill(
    Number(execFileSync('pgrep', ['-P', String(process.pid), '-f', 'engine-child']).toString()),
    'SIGKILL',
  )
  await settled
  await vi.waitUntil(() => events.isReachable(), { timeout: 30_000 })
  await expectSame(scope('ws_killed'))
  await settle()
  await expectSame(scope('ws_killed'))
})
