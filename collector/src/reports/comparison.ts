import type { VisitMetrics } from './report-store.js'

/** Metrics of a row by name. A rate or average of nothing is null. */
export type Metrics = Record<string, number | null>

/**
 * Returns the change of each metric since the previous period in percent, rounded to one decimal. The change
 * is null if the previous value is 0, or if either value is null. For rates such as `bounce_rate`, the change
 * is in percentage points.
 */
export function compareMetrics<Row extends Metrics>(
  current: Row,
  previous: Row,
): Record<keyof Row & string, number | null> {
  return Object.fromEntries(
    Object.entries(current).map(([name, value]) => [name, changeOf(name, value, previous[name] ?? null)]),
  ) as Record<keyof Row & string, number | null>
}

function changeOf(name: string, current: number | null, previous: number | null): number | null {
  if (current === null || previous === null) return null
  if (name.endsWith('_rate')) return round(current - previous)
  if (previous === 0) return null
  return round((100 * (current - previous)) / previous)
}

const round = (value: number): number => Math.round(value * 10) / 10

/** Converts the rates and averages of visits to JSON. */
export function toRatesJson(metrics: VisitMetrics) {
  return {
    bounce_rate: metrics.bounceRate,
    avg_visit_duration: metrics.averageDuration,
    engaged_rate: metrics.engagedRate,
    avg_engaged_time: metrics.averageEngagedTime,
  }
}

/** Converts the metrics of a period to the JSON summary in overview responses and streams. */
export function toSummaryJson(metrics: VisitMetrics) {
  return {
    total_visitors: metrics.visitors,
    unique_visitors: metrics.visitors,
    total_visits: metrics.visits,
    total_page_views: metrics.pageviews,
    ...toRatesJson(metrics),
  }
}

const NAMES = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })

/** Returns the English name of a country for its ISO 3166 code, or null if the code is unknown. */
export function countryName(code: string): string | null {
  return /^[A-Z]{2}$/.test(code) ? (NAMES.of(code) ?? null) : null
}
