import { connectInstallTag } from './connect-install-tag.js'
import { connectSitePicker } from './connect-site-picker.js'
import { createChart, type Chart } from './create-chart.js'
import { createLiveCount } from './create-live-count.js'
import { createPoller } from './create-poller.js'
import { createStoredValue } from './create-stored-value.js'
import { explainFailure } from './explain-failure.js'
import { findElement } from './find-element.js'
import { formatTime } from './format-values.js'
import { loadCaptured, loadReport, loadWebsites, type Report, type Website } from './load-report.js'
import { RequestFailure } from './request-json.js'
import { showCaptured } from './show-captured.js'
import { showHeadlines } from './show-headlines.js'
import { showTables } from './show-tables.js'

/** The report of one site, refreshed every minute. */
export interface ReportView {
  open(key: string): void
  close(): void
}

// Both together are 9 requests in a minute when the page is opened: the smallest plan allows 10.
const REFRESH_MS = 60_000
const CAPTURED_REFRESH_MS = 5 * 60_000
const FIRST_RETRY_S = 5
const LONGEST_RETRY_S = 30
const NO_SITE =
  'No sites yet. Add one with "zenovay-collector site add example.com" on the collector’s machine; it appears here automatically.'

export function createReportView({
  onReport,
  onUnknownKey,
}: {
  onReport: () => void
  onUnknownKey: (message: string) => void
}): ReportView {
  const storedSite = createStoredValue('zenovay-dashboard-site')
  const live = createLiveCount()
  const tag = connectInstallTag()
  const notice = findElement('notice')
  let key = ''
  let sites: Website[] = []
  let chart: Chart | undefined
  let failures = 0
  let capturedAt = -Infinity

  const picker = connectSitePicker((siteId) => {
    storedSite.write(siteId)
    showHeadlines()
    capturedAt = -Infinity
    for (const id of ['install', 'details', 'captured']) findElement(id).hidden = true
    poller.start()
  })
  const poller = createPoller(async (signal) => {
    try {
      return await refresh(signal)
    } catch (error) {
      if (signal.aborted) return 0
      if (!(error instanceof RequestFailure)) throw error
      return explain(error)
    }
  })

  async function refresh(signal: AbortSignal): Promise<number> {
    if (sites.length === 0) sites = await loadWebsites({ key, signal })
    const site = sites.find(({ id }) => id === storedSite.read()) ?? sites[0]
    if (!site) {
      onReport()
      notice.textContent = NO_SITE
      return REFRESH_MS
    }
    picker.show(sites, site)
    findElement('report').hidden = false
    live.watch(site.tracking_code)
    const report = await loadReport(site.id, { key, signal })
    if (signal.aborted) return 0
    onReport()
    show(site, report)
    if (performance.now() - capturedAt >= CAPTURED_REFRESH_MS) {
      const captured = await loadCaptured(site.id, { key, signal })
      if (signal.aborted) return 0
      capturedAt = performance.now()
      showCaptured(captured)
      findElement('captured').hidden = false
    }
    failures = 0
    notice.textContent = ''
    return REFRESH_MS
  }

  function show(site: Website, report: Report): void {
    const { summary } = report.overview
    const visited = summary.total_page_views > 0 || report.events.length > 0
    findElement('install').hidden = visited
    findElement('details').hidden = !visited
    showHeadlines(report.overview)
    if (visited) {
      showTables(report)
      // Created once its container is visible and has a size.
      chart ??= createChart()
      chart.show(report.overview.daily_stats)
    } else tag.show(site)
    findElement('updated').textContent = `Updated at ${formatTime(new Date())}.`
  }

  function explain(failure: RequestFailure): number {
    const seconds = failure.retryAfterS ?? Math.min(FIRST_RETRY_S * 2 ** failures++, LONGEST_RETRY_S)
    const message = explainFailure(failure, seconds)
    if (failure.status === 401) {
      hide()
      onUnknownKey(message)
    } else notice.textContent = message
    // The list of sites may have changed.
    if (failure.status === 403 || failure.status === 404) sites = []
    return 1000 * seconds
  }

  function hide(): void {
    live.stop()
    findElement('report').hidden = true
    notice.textContent = ''
    document.title = 'Zenovay'
  }

  return {
    open(next) {
      key = next
      sites = []
      failures = 0
      capturedAt = -Infinity
      poller.start()
    },
    close() {
      poller.stop()
      hide()
    },
  }
}
