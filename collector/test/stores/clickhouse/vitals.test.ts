import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventRow } from '../../../src/ingest/event-row.js'
import type { EventStore } from '../../../src/ingest/event-store.js'
import {
  type ReportScope,
  type ReportStore,
  VITALS,
  VITALS_DIMENSIONS,
} from '../../../src/reports/report-store.js'
import { createClickhouseEventStore } from '../../../src/stores/clickhouse/event-store.js'
import { createClickhouseReportStore } from '../../../src/stores/clickhouse/report-store.js'
import { makeRow } from '../../support/make-row.js'
import { startTestEngine, type TestEngine } from '../../support/start-test-engine.js'

const DAY = Date.parse('2026-05-10T00:00:00Z')
const SCOPE: ReportScope = { siteId: 'ws_shop', period: { from: DAY, to: DAY + 86_400_000 }, filters: [] }
const SLICE = { limit: 100, offset: 0 }

let engine: TestEngine
let events: EventStore
let reports: ReportStore & { close(): Promise<void> }
beforeAll(async () => {
  engine = await startTestEngine()
  events = await createClickhouseEventStore(engine)
  reports = createClickhouseReportStore(engine)
})
afterAll(async () => {
  await events.close()
  await reports.close()
  await engine.close()
})

/** Stores `performance` events on a site of their own, one minute apart, and returns the scope of the site. */
async function store(...rows: ({ properties: unknown } & Partial<Omit<EventRow, 'properties'>>)[]) {
  const siteId = `ws_${randomUUID()}`
  await events.insertEvents(
    rows.map(({ properties, ...fields }, index) =>
      makeRow({
        site_id: siteId,
        event_type: 'performance',
        occurred_at: DAY + index * 60_000,
        properties: JSON.stringify(properties),
        ...fields,
      }),
    ),
    randomUUID(),
  )
  return { ...SCOPE, siteId }
}
const readAll = async (scope: ReportScope) =>
  (await reports.vitals(scope, { by: undefined, slice: SLICE }))[0]

describe('vitals', () => {
  it('counts the samples of each rating, and finds the 75th percentile', async () => {
    const scope = await store(
      ...Array.from({ length: 40 }, (_, index) => ({
        properties: {
          view: `view-${index}`,
          nav: 0,
          lcp: 100 * (index + 1),
          cls: index % 2 ? 0.1 : 0.3,
          inp: 500,
        },
      })),
    )
    const row = await readAll(scope)
    expect(row).toMatchObject({
      navigations: 40,
      // 2,500 is good, and 4,000 needs improvement.
      lcp: { samples: 40, p75: 3_100, good: 25, needsImprovement: 15, poor: 0 },
      cls: { samples: 40, p75: 0.3, good: 20, needsImprovement: 0, poor: 20 },
      inp: { samples: 40, good: 0, needsImprovement: 40, poor: 0 },
      fcp: { samples: 0 },
    })
  })

  it('counts the newest of several events of the same navigation', async () => {
    const view = 'one'
    const scope = await store(
      { properties: { view, nav: 0, cls: 0 } },
      { properties: { view, nav: 1, cls: 0.2 } },
      { properties: { view, nav: 0, cls: 0.5 } },
      { properties: { cls: 0 } },
      { properties: { cls: 0 } },
    )
    expect(await readAll(scope)).toMatchObject({
      navigations: 4,
      cls: { samples: 4, good: 2, needsImprovement: 1, poor: 1 },
    })
  })

  it('ignores values that no browser measures', async () => {
    const values = [-1, 1e9, '120', null, true, {}, 'NaN']
    const scope = await store(
      ...values.map((value) => ({ properties: Object.fromEntries(VITALS.map((vital) => [vital, value])) })),
    )
    const row = (await readAll(scope))!
    expect(row.navigations).toBe(values.length)
    for (const vital of VITALS) expect(row[vital].samples).toBe(0)
  })

  it('groups navigations by each dimension, most navigations first', async () => {
    const page = { origin: 'https://example.com', path: '/blog' }
    const scope = await store(
      { properties: { view: 'a', navigation_type: 'reload', lcp: 1 }, ...page, country: 'CH' },
      { properties: { view: 'b', navigation_type: 'navigate', lcp: 1 }, ...page, device_type: 'mobile' },
      {
        properties: { view: 'c', navigation_type: 'navigate', lcp: 1 },
        ...page,
        path: '/',
        browser: 'Firefox',
      },
    )
    const namesBy = async (by: (typeof VITALS_DIMENSIONS)[number]) =>
      (await reports.vitals(scope, { by, slice: SLICE })).map(({ name, navigations }) => [name, navigations])
    expect(await namesBy('page')).toEqual([
      ['https://example.com/blog', 2],
      ['https://example.com/', 1],
    ])
    expect(await namesBy('navigation')).toEqual([
      ['navigate', 2],
      ['reload', 1],
    ])
    for (const by of VITALS_DIMENSIONS) {
      const rows = await namesBy(by)
      expect(rows.reduce((sum, [, navigations]) => sum + Number(navigations), 0)).toBe(3)
    }
    expect(await reports.vitals(scope, { by: 'page', slice: { limit: 1, offset: 1 } })).toMatchObject([
      { name: 'https://example.com/', lcp: { samples: 1, p75: 1 } },
    ])
  })

  it('applies filters to the visits of navigations', async () => {
    const scope = await store(
      { properties: { lcp: 1 }, session_id: 's1', country: 'CH' },
      { properties: { lcp: 1 }, session_id: 's2', country: 'DE' },
    )
    const filters = [{ by: 'field', field: 'country', value: 'CH' }] as const
    expect(await readAll({ ...scope, filters })).toMatchObject({ navigations: 1 })
  })
})
