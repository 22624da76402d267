import type { VisitFigures } from '../stores/report-store.js'

/** The figures of a period as the overview and the stream give them. */
export function describeSummary({ visitors, visits, pageviews, bounceRate, averageDuration }: VisitFigures) {
  return {
    total_visitors: visitors,
    unique_visitors: visitors,
    total_visits: visits,
    total_page_views: pageviews,
    bounce_rate: bounceRate,
    avg_visit_duration: averageDuration,
  }
}
