import { describeSummary } from '../reports/describe-summary.js'
import { periodOf } from '../reports/read-period.js'
import type { Site } from '../stores/control-store.js'
import type { ReportStore } from '../stores/report-store.js'

/** Reads the figures of a site's last 24 hours as the overview of the External API gives them. */
export function createSummaryReader({ reports, now }: { reports: Pick<ReportStore, 'summary'>; now: () => number }) {
  return async ({ id, timeZone }: Site) => {
    const period = periodOf('24h', { timeZone, now: now() })
    return describeSummary(await reports.summary({ siteId: id, period, filters: [] }))
  }
}
