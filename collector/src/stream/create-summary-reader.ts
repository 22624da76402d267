import { periodOf } from '../routes/read-range.js'
import type { Site } from '../stores/control-store.js'
import type { ReportStore } from '../stores/report-store.js'

/** Reads the figures of a site's last 24 hours as the overview of the External API gives them. */
export function createSummaryReader({ reports, now }: { reports: Pick<ReportStore, 'summary'>; now: () => number }) {
  return async (site: Site) => {
    const { visitors, pageviews, bounceRate, averageDuration } = await reports.summary({ siteId: site.id, period: periodOf('24h', now()), filters: [] })
    return { total_visitors: visitors, total_page_views: pageviews, unique_visitors: visitors, bounce_rate: bounceRate, avg_visit_duration: averageDuration }
  }
}
