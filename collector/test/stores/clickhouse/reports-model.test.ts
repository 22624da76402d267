import { randomInt, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventRow } from '../../../src/ingest/event-row.js'
import type { EventStore } from '../../../src/ingest/event-store.js'
import type { ReportFilter, ReportScope, ReportStore } from '../../../src/reports/report-store.js'
import { createClickhouseEventStore } from '../../../src/stores/clickhouse/event-store.js'
import { createClickhouseReportStore } from '../../../src/stores/clickhouse/report-store.js'
import { makeRow } from '../../support/make-row.js'
import {
  modelFigures,
  modelPages,
  modelRanking,
  modelSearches,
  modelVisits,
} from '../../support/model-reports.js'
import { startTestEngine, type TestEngine } from '../../support/start-test-engine.js'

const HOUR_MS = 60 * 60 * 1000
const FROM = Date.UTC(2026, 4, 10)
const TO = FROM + 48 * HOUR_MS
const SITES = ['ws_a', 'ws_b']
const ALL = { limit: 1000, offset: 0 }

let engine: TestEngine
let events: EventStore
let reports: ReportStore & { close(): Promise<void> }

beforeAll(async () => {
  engine = await startTestEngine()
  events = await createClickhouseEventStore({ engine })
  reports = createClickhouseReportStore({ engine })
})
afterAll(async () => {
  await reports.close()
  await events.close()
  await engine.close()
})

/** mulberry32: a failure can be reproduced by its seed. */
function createRandom(seed: number) {
  let state = seed
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  return { below, pick: <Value>(values: readonly Value[]): Value => values[below(values.length)]! }
}
type Random = ReturnType<typeof createRandom>

const NAMES = ['signup', 'order']
const PATHS = ['/', '/a', '/b', '/ü', '/A']
// What each query searches for.
const SEARCHES: Record<string, string | undefined> = {
  '': undefined,
  'page=2': undefined,
  'q=': undefined,
  'q=a': 'a',
  's=+A': 'a',
  'q=b&s=a': 'b',
}
const COUNTRIES = ['', 'DE', 'FR', 'de']

/** Visits from days before the period to days after it, some longer than a day. */
function makeVisits({ below, pick }: Random, seed: number): EventRow[] {
  return Array.from({ length: 120 }, (_, number) => {
    let occurred_at = FROM - 40 * HOUR_MS + below(130 * HOUR_MS)
    const session = {
      site_id: `${pick(SITES)}_${seed}`,
      session_id: `session-${number}`,
      visitor_id: `visitor-${below(40)}`,
    }
    return Array.from({ length: 1 + below(6) }, () => {
      const row = makeRow({
        ...session,
        occurred_at,
        event_type: pick([
          'pageview',
          'pageview',
          'pageview',
          'custom',
          'goal',
          'revenue',
          'identify',
          'error',
          'performance',
          'engagement',
        ]),
        event_name: pick(NAMES),
        origin: pick(['https://example.com', 'https://www.example.com']),
        path: pick(PATHS),
        query: pick(Object.keys(SEARCHES)),
        country: pick(COUNTRIES),
        channel: pick(['direct', 'email', 'organic search']),
        properties: JSON.stringify(
          pick([{}, { plan: 'pro' }, { plan: 'team', seats: below(3) }, { seats: 1.5, trial: true }]),
        ),
        interactive: below(3) > 0,
      })
      occurred_at += 1 + (below(12) === 0 ? below(30 * HOUR_MS) : below(HOUR_MS / 2))
      return row
    })
  }).flat()
}

/** Measurements at any time of any session, whose view is often that of no page or of another session. */
function makeMeasurements({ below, pick }: Random, rows: readonly EventRow[]): EventRow[] {
  return Array.from({ length: 100 }, (_, number) =>
    makeRow({
      site_id: pick(rows).site_id,
      session_id: below(5) === 0 ? `measured-${number}` : pick(rows).session_id,
      occurred_at: FROM - 60 * HOUR_MS + below(170 * HOUR_MS),
      ...pick([
        {
          event_type: 'engagement',
          properties: JSON.stringify({ engaged_ms: 5000, view: pick(rows).event_id }),
        },
        { event_type: 'engagement', properties: '{"engaged_ms":5000}' },
        { event_type: 'performance', properties: '{"nav":0}' },
        { event_type: 'error', properties: '{"handled":true}' },
      ]),
    }),
  )
}

/** Engagement with the views of some rows: mostly soon, sometimes before or days after the pageview. */
function makeEngagement({ below, pick }: Random, rows: readonly EventRow[]): EventRow[] {
  return Array.from({ length: 250 }, () => {
    const view = pick(rows)
    const afterMs = pick([below(60_000), below(HOUR_MS), below(60 * HOUR_MS), -below(HOUR_MS)])
    return makeRow({
      site_id: view.site_id,
      session_id: view.session_id,
      occurred_at: view.occurred_at + afterMs,
      event_type: 'engagement',
      properties: JSON.stringify({
        engaged_ms: below(40_000),
        view: view.event_id,
        ...(below(3) > 0 && { scroll: below(101) }),
      }),
    })
  })
}

function makeFilters({ below, pick }: Random): ReportFilter[] {
  return Array.from({ length: below(3) }, () =>
    pick<ReportFilter>([
      { by: 'field', field: 'country', value: pick(COUNTRIES) },
      { by: 'field', field: 'channel', value: 'email' },
      { by: 'path', value: pick(PATHS) },
      { by: 'event', value: pick(NAMES) },
      { by: 'property', key: 'plan', value: 'pro' },
      { by: 'property', key: 'seats', value: pick(['0', '1', '1.5']) },
      { by: 'property', key: 'trial', value: 'true' },
    ]),
  )
}

const SEEDS = [1, 2, 3, 4, randomInt(2 ** 31)]

it.each(SEEDS)('returns the same reports as the model for random visits (seed %i)', async (seed) => {
  const random = createRandom(seed)
  const rows = makeVisits(random, seed)
  const measurements = [...makeMeasurements(random, rows), ...makeEngagement(random, rows)]
  const engagements = measurements.filter(({ event_type }) => event_type === 'engagement')
  await events.insertEvents(measurements, randomUUID())
  for (let start = 0; start < rows.length; start += 100)
    await events.insertEvents(rows.slice(start, start + 100), randomUUID())

  const starts = [FROM, FROM + HOUR_MS, FROM + 24 * HOUR_MS, TO - 1]
  let found = 0
  for (const filters of [[], ...Array.from({ length: 6 }, () => makeFilters(random))])
    for (const site of SITES) {
      const scope: ReportScope = { siteId: `${site}_${seed}`, period: { from: FROM, to: TO }, filters }
      const visits = modelVisits(rows, scope, engagements)
      found += visits.length
      const parts = starts.map((start, index) =>
        visits.filter(
          ({ first }) => first.occurred_at >= start && first.occurred_at < (starts[index + 1] ?? TO),
        ),
      )
      expect(await reports.summary(scope), JSON.stringify(filters)).toEqual(modelFigures(visits))
      expect(await reports.timeline(scope, starts), JSON.stringify(filters)).toEqual(parts.map(modelFigures))
      expect(await reports.pages(scope, ALL), JSON.stringify(filters)).toEqual(modelPages(visits))
      expect(await reports.ranking(scope, 'country', ALL), JSON.stringify(filters)).toEqual(
        modelRanking(visits, 'country'),
      )
      expect(
        await reports.searches(scope, { parameters: ['q', 's'], slice: ALL }),
        JSON.stringify(filters),
      ).toEqual(modelSearches(visits, ({ query }) => SEARCHES[query]))
    }
  // The comparison covered enough rows.
  expect(found).toBeGreaterThan(50)
})
