import type { Site } from '../stores/control-store.js'
import type { ReportStore } from '../stores/report-store.js'
import { describeSummary } from './describe-summary.js'
import { periodOf } from './read-period.js'

/** Reads the figures of a site's last 24 hours, as the overview gives them. */
export function createSummaryReader({
  reports,
  now,
}: {
  reports: Pick<ReportStore, 'summary'>
  now: () => number
}) {
  return async (site: Site) =>
    describeSummary(
      await reports.summary({
        siteId: site.id,
        period: periodOf('24h', { timeZone: site.timeZone, now: now() }),
        filters: [],
      }),
    )
}
