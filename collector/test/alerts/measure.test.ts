import { expect, it } from 'vitest'
import { createMeasure } from '../../src/alerts/measure.js'
import type { MetricSource, WindowMetrics } from '../../src/alerts/metric-source.js'
import { ApiError } from '../../src/errors.js'
import { CLOCK_JUMPS } from '../support/clock-jumps.js'
import { createFakeReports, NONE } from '../support/fake-reports.js'

const MINUTE_MS = 60_000
const AT = Date.UTC(2026, 2, 29, 12)
const SITE = { id: 'ws_1', timeZone: 'Europe/Zurich' }
const FIGURES: WindowMetrics = { visitors: 7, visits: 8, pageviews: 20, events: 5, goals: 2, errors: 1 }

const watched = (metric: Parameters<ReturnType<typeof createMeasure>>[0]['metric'], windowMinutes = 10) => ({
  metric,
  windowMinutes,
  currency: 'CHF',
})

function makeFigures(answers: Partial<MetricSource> = {}) {
  const asked: unknown[][] = []
  const note =
    <Answer>(name: string, answer: Answer) =>
    async (...args: unknown[]) => (asked.push([name, ...args]), answer)
  return {
    asked,
    metrics: note('metrics', FIGURES),
    revenue: note('revenue', { revenue: 12.5, visitors: 3 }),
    liveVisitors: note('live', 42),
    ...answers,
  }
}

it.each(['pageviews', 'visitors', 'visits', 'events', 'goals', 'errors'] as const)(
  'reads the %s of a site in the window that ends with the evaluated minute',
  async (metric) => {
    const figures = makeFigures()
    expect(
      await createMeasure({ metricSource: figures, reports: createFakeReports() })(watched(metric), SITE, AT),
    ).toEqual({ value: FIGURES[metric], volume: 7 })
    expect(figures.asked).toEqual([['metrics', 'ws_1', { from: AT - 10 * MINUTE_MS, to: AT }]])
  },
)

it('shares one query between alerts with the same site, window and minute', async () => {
  const figures = makeFigures()
  const measure = createMeasure({ metricSource: figures, reports: createFakeReports() })
  for (const metric of ['pageviews', 'visitors', 'errors'] as const) await measure(watched(metric), SITE, AT)
  await measure(watched('errors'), SITE, AT + MINUTE_MS)
  await measure(watched('errors', 20), SITE, AT + MINUTE_MS)
  await measure(watched('errors', 20), { ...SITE, id: 'ws_2' }, AT + MINUTE_MS)
  expect(figures.asked).toHaveLength(4)
})

it('queries the metrics of a site again after the store was unavailable', async () => {
  let isAway = true
  const figures = makeFigures({
    metrics: async () => (isAway ? Promise.reject(new ApiError('STORE_UNAVAILABLE')) : FIGURES),
  })
  const measure = createMeasure({ metricSource: figures, reports: createFakeReports() })
  await expect(measure(watched('errors'), SITE, AT)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  isAway = false
  expect(await measure(watched('errors'), SITE, AT)).toMatchObject({ value: 1 })
})

it('reads revenue in the currency of the alert and live visitors of the last five minutes', async () => {
  const figures = makeFigures()
  const measure = createMeasure({ metricSource: figures, reports: createFakeReports() })
  expect(await measure(watched('revenue'), SITE, AT)).toEqual({ value: 12.5, volume: 3 })
  expect(await measure(watched('live_visitors', 5), SITE, AT)).toEqual({ value: 42, volume: 42 })
  expect(figures.asked).toEqual([
    ['revenue', 'ws_1', { from: AT - 10 * MINUTE_MS, to: AT }, 'CHF'],
    ['live', 'ws_1', { from: AT - 5 * MINUTE_MS, to: AT }],
  ])
})

it('returns no bounce rate for a window without visits', async () => {
  const measureWith = (visits: number) =>
    createMeasure({
      metricSource: makeFigures(),
      reports: createFakeReports({
        summary: async () => ({ ...NONE, visits, visitors: visits, bounceRate: visits === 0 ? null : 40 }),
      }),
    })
  expect(await measureWith(0)(watched('bounce_rate'), SITE, AT)).toEqual({ value: undefined, volume: 0 })
  expect(await measureWith(5)(watched('bounce_rate'), SITE, AT)).toEqual({ value: 40, volume: 5 })
})

it('compares the visitors of the last 24 hours with the average of the six calendar days before today', async () => {
  const perDay = [100, 0, 50, 100, 150, 200, 999]
  const reports = createFakeReports({
    summary: async () => ({ ...NONE, visitors: 250 }),
    timeline: async (_, starts) => starts.map((_start, index) => ({ ...NONE, visitors: perDay[index]! })),
  })
  expect(
    await createMeasure({ metricSource: makeFigures(), reports })(watched('traffic_spike'), SITE, AT),
  ).toEqual({ value: 2.5, volume: 250, spike: { currentVisitors: 250, baseline: 100 } })
  const [summary, timeline] = reports.asked
  expect(summary!.scope.period).toEqual({ from: AT - 24 * 60 * MINUTE_MS, to: AT + 1 })
  // Days in Zurich; daylight saving time began on this one.
  expect(timeline!.rest[0]).toEqual(
    [
      '2026-03-22T23:00Z',
      '2026-03-23T23:00Z',
      '2026-03-24T23:00Z',
      '2026-03-25T23:00Z',
      '2026-03-26T23:00Z',
      '2026-03-27T23:00Z',
      '2026-03-28T23:00Z',
    ].map((day) => Date.parse(day)),
  )
})

it.each(CLOCK_JUMPS)(
  'compares visitors with six whole days of the site when $what and the clock jumps by $jumpMs ms',
  async ({ zone, at, jumpMs }) => {
    const reports = createFakeReports({
      summary: async () => ({ ...NONE, visitors: 250 }),
      timeline: async (_, starts) => starts.map(() => ({ ...NONE, visitors: 100 })),
    })
    for (const now of [at, at + jumpMs, at + 10_000, at + 10_000 + jumpMs]) {
      expect(
        await createMeasure({ metricSource: makeFigures(), reports })(
          watched('traffic_spike'),
          { ...SITE, timeZone: zone },
          now,
        ),
      ).toMatchObject({ value: 2.5, spike: { baseline: 100 } })
      const starts = reports.asked.at(-1)!.rest[0] as number[]
      const show = new Intl.DateTimeFormat('en-CA', {
        timeZone: zone,
        dateStyle: 'short',
        timeStyle: 'medium',
        hourCycle: 'h23',
      })
      const [today] = show.format(now).split(', ')
      const dates = Array.from({ length: 7 }, (_, index) =>
        new Date(Date.parse(today!) - (6 - index) * 24 * 60 * MINUTE_MS).toISOString().slice(0, 10),
      )
      expect(starts.map((start) => show.format(start))).toEqual(dates.map((date) => `${date}, 00:00:00`))
    }
  },
)

it('detects no traffic spike if the site has no earlier visitors', async () => {
  const reports = createFakeReports({ summary: async () => ({ ...NONE, visitors: 250 }) })
  expect(
    await createMeasure({ metricSource: makeFigures(), reports })(watched('traffic_spike'), SITE, AT),
  ).toMatchObject({ value: 0 })
})
