import { Type } from '@sinclair/typebox'
import { changeOf, PERIOD_BOUNDS, VISIT_FIGURES } from '../../http/api/answer-schemas.js'
import { daysOf } from '../../reports/period.js'
import { compareMetrics, toRatesJson, toSummaryJson } from '../../reports/comparison.js'
import { type Range, RANGES } from '../../reports/period.js'
import type { VisitMetrics } from '../../reports/report-store.js'
import { defineReport } from './define-report.js'
import { toPeriodJson } from './date-range.js'
import { oneOf } from '../../http/fields.js'
import { toWebsiteJson, WEBSITE, WEBSITE_EXAMPLE } from './websites.js'

const { page_views: _, visitors: __, visits: ___, ...RATES } = VISIT_FIGURES
const SUMMARY = {
  total_visitors: VISIT_FIGURES.visitors,
  unique_visitors: Type.Integer({ description: 'Same as total_visitors.' }),
  total_visits: VISIT_FIGURES.visits,
  total_page_views: VISIT_FIGURES.page_views,
  ...RATES,
}
const DAY = Type.Object({
  date: Type.String({ description: 'YYYY-MM-DD in the time zone of the site.' }),
  total_visitors: VISIT_FIGURES.visitors,
  visits: VISIT_FIGURES.visits,
  page_views: VISIT_FIGURES.page_views,
  ...RATES,
})

const EXAMPLE_SUMMARY = {
  total_visitors: 1280,
  unique_visitors: 1280,
  total_visits: 1702,
  total_page_views: 5310,
  bounce_rate: 41.7,
  avg_visit_duration: 95.3,
  engaged_rate: 61.8,
  avg_engaged_time: 50.2,
}

export const readOverview = defineReport({
  path: '/analytics/{id}',
  operationId: 'readOverview',
  summary: 'Get the metrics of a period, in total and by day',
  description: 'Days are whole calendar days: 24h has yesterday and today.',
  isComparable: true,
  data: Type.Object({
    website: WEBSITE,
    time_range: oneOf([...(Object.keys(RANGES) as Range[]), 'custom']),
    summary: Type.Object(SUMMARY),
    daily_stats: Type.Array(DAY, { description: 'Oldest first.' }),
    comparison: Type.Optional(
      Type.Object({ date_range: PERIOD_BOUNDS, summary: Type.Object(SUMMARY), change: changeOf(SUMMARY) }),
    ),
  }),
  beside: Type.Object({
    totalVisitors: Type.Integer({ description: 'summary.total_visitors, for older integrations.' }),
    totalPageViews: Type.Integer({ description: 'summary.total_page_views, for older integrations.' }),
    bounceRate: Type.Number({
      description: 'summary.bounce_rate, for older integrations; 0 when that is null.',
    }),
  }),
  example: {
    website: WEBSITE_EXAMPLE,
    time_range: '7d',
    summary: EXAMPLE_SUMMARY,
    daily_stats: [
      {
        date: '2026-03-26',
        total_visitors: 201,
        visits: 240,
        page_views: 760,
        bounce_rate: 40.2,
        avg_visit_duration: 91.1,
        engaged_rate: 62.4,
        avg_engaged_time: 48.7,
      },
    ],
  },
  table: { row: DAY, read: (data) => (data as { daily_stats: Record<string, unknown>[] }).daily_stats },
  async answer({ services: { reports }, site, range, scope, previous }) {
    const days = daysOf(scope.period, site.timeZone)
    const [figures, timeline, before] = await Promise.all([
      reports.summary(scope),
      reports.timeline(
        scope,
        days.map(({ start }) => start),
      ),
      previous && reports.summary(previous),
    ])
    const summary = toSummaryJson(figures)
    const past = before && toSummaryJson(before)
    return {
      data: {
        website: toWebsiteJson(site),
        time_range: range,
        summary,
        daily_stats: days.map(({ date }, index) => toDayJson(date, timeline[index]!)),
        ...(past && {
          comparison: {
            date_range: toPeriodJson(previous!.period, site.timeZone),
            summary: past,
            change: compareMetrics(summary, past),
          },
        }),
      },
      // Older integrations read these fields at the top level of the response.
      beside: {
        totalVisitors: figures.visitors,
        totalPageViews: figures.pageviews,
        bounceRate: figures.bounceRate ?? 0,
      },
    }
  },
})

function toDayJson(date: string, metrics: VisitMetrics) {
  return {
    date,
    total_visitors: metrics.visitors,
    visits: metrics.visits,
    page_views: metrics.pageviews,
    ...toRatesJson(metrics),
  }
}
