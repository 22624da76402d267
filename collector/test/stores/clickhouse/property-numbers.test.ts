import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ReportScope, ReportStore } from '../../../src/reports/report-store.js'
import { createClickhouseReportStore } from '../../../src/stores/clickhouse/report-store.js'
import { makeEvent } from '../../support/make-event.js'
import { startTestCollector, type TestCollector } from '../../support/start-test-collector.js'

const NUMBERS = [
  0,
  -1,
  0.1 + 0.2,
  1e-7,
  5e-324,
  2 ** 53,
  2 ** 63,
  -(2 ** 63),
  2 ** 64,
  123456789012345680000,
  -1e20,
  1e21,
  1.7976931348623157e308,
]

let collector: TestCollector
let reports: ReportStore & { close(): Promise<void> }
let scope: ReportScope

beforeAll(async () => {
  collector = await startTestCollector()
  reports = createClickhouseReportStore({ engine: collector.engine })
  const events = NUMBERS.map((size) => ({
    ...makeEvent(),
    event_type: 'custom',
    event_name: 'measured',
    properties: { plan: 'pro', size, code: '9'.repeat(20) },
  }))
  expect((await collector.post(events)).status).toBe(200)
  const now = Date.now()
  scope = { siteId: collector.site.id, period: { from: now - 60_000, to: now + 60_000 }, filters: [] }
})
afterAll(async () => {
  await reports.close()
  await collector.close()
})

it('returns every property number in the format of JSON', async () => {
  const values = await reports.eventProperties(scope, 'measured', 100)
  expect(
    values
      .filter(({ key }) => key === 'size')
      .map(({ value }) => value)
      .sort(),
  ).toEqual(NUMBERS.map((size) => JSON.stringify(size)).sort())
  for (const value of ['pro', '9'.repeat(20)])
    expect(values).toContainEqual(expect.objectContaining({ value, count: NUMBERS.length }))
})

it.each(NUMBERS)('finds the visit with the property value %d', async (size) => {
  for (const filter of [
    { key: 'size', value: JSON.stringify(size) },
    { key: 'plan', value: 'pro' },
  ])
    expect((await reports.summary({ ...scope, filters: [{ by: 'property', ...filter }] })).visits).toBe(1)
})
