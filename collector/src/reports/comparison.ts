import type { VisitMetrics } from './report-store.js'

export type Metrics = Record<string, number>

/**
 * The change of each metric against the previous period, with one decimal: in percent (null when only the
 * previous value is 0), or in percentage points for rates such as `bounce_rate`.
 */
export function compareMetrics<Row extends Metrics>(
  current: Row,
  previous: Row,
): Record<keyof Row & string, number | null> {
  return Object.fromEntries(
    Object.entries(current).map(([name, value]) => [name, changeOf(name, value, previous[name]!)]),
  ) as Record<keyof Row & string, number | null>
}

function changeOf(name: string, current: number, previous: number): number | null {
  if (name.endsWith('_rate')) return round(current - previous)
  if (previous === 0) return current === 0 ? 0 : null
  return round((100 * (current - previous)) / previous)
}

const round = (value: number): number => Math.round(value * 10) / 10

/** The summary of a period in the overview and the stream. */
export function toSummaryJson({ visitors, visits, pageviews, bounceRate, averageDuration }: VisitMetrics) {
  return {
    total_visitors: visitors,
    unique_visitors: visitors,
    total_visits: visits,
    total_page_views: pageviews,
    bounce_rate: bounceRate,
    avg_visit_duration: averageDuration,
  }
}

const NAMES = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })

/** English name of a country by its ISO 3166 code; null for an unknown one. */
export function countryName(code: string): string | null {
  return /^[A-Z]{2}$/.test(code) ? (NAMES.of(code) ?? null) : null
}
