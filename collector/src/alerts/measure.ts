import { LIVE_WINDOW_MS } from '@zenovay/tracker/contract'
import { createBoundedMap } from '../cache.js'
import type { Site } from '../control/sites.js'
import { MINUTE_MS } from '../durations.js'
import { daysOf } from '../reports/period.js'
import { periodOf } from '../reports/period.js'
import type { Period, ReportStore } from '../reports/report-store.js'
import type { Alert } from './alert.js'
import type { MetricSource } from './metric-source.js'

/**
 * The measured value of a metric. `value` is undefined if it cannot be computed, for example the bounce rate
 * if no visit had a pageview.
 */
export interface Measured {
  value: number | undefined
  /** Number of visitors in the window. */
  volume: number
}

/**
 * Number of visitors in the last 24 hours and, for comparison, the daily average of the six days before
 * today.
 */
interface Spike {
  currentVisitors: number
  /** Average number of visitors per day, over the six days before today. */
  baseline: number
}

export type Measurement = Measured & { spike?: Spike }

/**
 * Measures the metric of an alert in the window that ends at `at`, a Unix time in milliseconds. Rejects with
 * `STORE_UNAVAILABLE` if the store is unreachable.
 */
export type Measure = (
  alert: Pick<Alert, 'metric' | 'windowMinutes' | 'currency'>,
  site: Pick<Site, 'id' | 'timeZone'>,
  at: number,
) => Promise<Measurement>

interface MeasureServices {
  metricSource: MetricSource
  reports: Pick<ReportStore, 'summary' | 'timeline'>
}

// More than the accounts that take turns. An entry takes about 300 bytes.
const MAX_CACHED_SITES = 10_000

/**
 * Creates a function that measures alert metrics. Alerts on event counts share one query if they have the
 * same site and window.
 */
export function createMeasure({ metricSource, reports }: MeasureServices): Measure {
  // An account evaluates its alerts in the order of their sites and windows, so its last query is enough. In
  // between, other accounts take their turns.
  const answers = createBoundedMap<string, { window: string; answer: ReturnType<MetricSource['metrics']> }>(
    MAX_CACHED_SITES,
  )
  const metricsOf = (siteId: string, { from, to }: Period) => {
    const window = `${from} ${to}`
    const last = answers.get(siteId)
    if (last?.window === window) return last.answer
    const answer = metricSource.metrics(siteId, { from, to })
    const entry = { window, answer }
    answers.set(siteId, entry)
    // A failed query is repeated.
    answer.catch(() => void (entry.window = ''))
    return answer
  }

  return async ({ metric, windowMinutes, currency }, site, at) => {
    const window = { from: at - windowMinutes * MINUTE_MS, to: at }
    switch (metric) {
      case 'revenue': {
        const { revenue, visitors } = await metricSource.revenue(site.id, window, currency)
        return { value: revenue, volume: visitors }
      }
      case 'live_visitors': {
        const live = await metricSource.liveVisitors(site.id, { from: at - LIVE_WINDOW_MS, to: at })
        return { value: live, volume: live }
      }
      case 'bounce_rate': {
        const { visitors, bounceRate } = await reports.summary({
          siteId: site.id,
          period: window,
          filters: [],
        })
        return { value: bounceRate ?? undefined, volume: visitors }
      }
      case 'traffic_spike': {
        const spike = await measureSpike(reports, site, at)
        return {
          value: spike.baseline === 0 ? 0 : spike.currentVisitors / spike.baseline,
          volume: spike.currentVisitors,
          spike,
        }
      }
      case 'uptime':
        throw new Error('uptime is reported by the monitor and never measured')
      default: {
        const answer = await metricsOf(site.id, window)
        return { value: answer[metric], volume: answer.visitors }
      }
    }
  }
}

/**
 * Returns the number of visitors in the last 24 hours, and the daily average of the six days before today in
 * the time zone of the site.
 */
async function measureSpike(
  reports: MeasureServices['reports'],
  { id: siteId, timeZone }: Pick<Site, 'id' | 'timeZone'>,
  at: number,
): Promise<Spike> {
  const clock = { timeZone, now: at }
  const { visitors } = await reports.summary({ siteId, period: periodOf('24h', clock), filters: [] })
  const week = periodOf('7d', clock)
  const days = await reports.timeline(
    { siteId, period: week, filters: [] },
    daysOf(week, timeZone).map(({ start }) => start),
  )
  const past = days.slice(0, -1)
  return {
    currentVisitors: visitors,
    baseline: past.reduce((sum, day) => sum + day.visitors, 0) / past.length,
  }
}
