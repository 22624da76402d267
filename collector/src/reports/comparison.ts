import type { VisitMetrics } from './report-store.js'

export type Figures = Record<string, number>

/**
 * The change of each figure from the previous period to this one, one place after the point: in percent of the previous figure (null
 * when that is 0 and this one is not), for percentages such as `bounce_rate` in percentage points.
 */
export function compareMetrics<Row extends Figures>(
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

/** The figures of a period as the overview and the stream give them. */
export function describeSummary({ visitors, visits, pageviews, bounceRate, averageDuration }: VisitMetrics) {
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

/** The English name of a country by its ISO 3166 code; null when there is none. */
export function countryName(code: string): string | null {
  return /^[A-Z]{2}$/.test(code) ? (NAMES.of(code) ?? null) : null
}
