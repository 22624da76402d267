import { LIVE_WINDOW_MS } from '@zenovay/tracker/contract'
import type { Site } from '../control/sites.js'
import { MINUTE_MS } from '../durations.js'
import { daysOf } from '../reports/calendar.js'
import { periodOf } from '../reports/period.js'
import type { Period, ReportStore } from '../reports/report-store.js'
import type { Alert } from './alert.js'
import type { Measured } from './evaluate.js'
import type { MetricSource } from './metric-source.js'

/** The last 24 hours beside the average of the six days before today. */
interface Spike {
  currentVisitors: number
  /** Visitors of an average day; 0 when there were none. */
  baseline: number
}

export type Measurement = Measured & { spike?: Spike }

/** Measures what an alert watches, in the window that ends at `at`, ms since the epoch. Rejects with `STORE_UNAVAILABLE` when the store is away. */
export type Measure = (
  alert: Pick<Alert, 'metric' | 'windowMinutes' | 'currency'>,
  site: Pick<Site, 'id' | 'timeZone'>,
  at: number,
) => Promise<Measurement>

interface MeasureServices {
  figures: MetricSource
  reports: Pick<ReportStore, 'summary' | 'timeline'>
}

/** Asks the stores for what alerts watch; questions that several alerts have in common are asked once. */
export function createMeasure({ figures, reports }: MeasureServices): Measure {
  // Alerts come by site, window and minute: the last question is the one that is asked again.
  let last: { key: string; answer: ReturnType<MetricSource['metrics']> } | undefined
  const figuresOf = (siteId: string, window: Period) => {
    const key = JSON.stringify([siteId, window])
    if (last?.key !== key) {
      last = { key, answer: figures.metrics(siteId, window) }
      last.answer.catch(() => (last = undefined))
    }
    return last.answer
  }

  return async ({ metric, windowMinutes, currency }, site, at) => {
    const window = { from: at - windowMinutes * MINUTE_MS, to: at }
    switch (metric) {
      case 'revenue': {
        const { revenue, visitors } = await figures.revenue(site.id, window, currency)
        return { value: revenue, volume: visitors }
      }
      case 'live_visitors': {
        const live = await figures.liveVisitors(site.id, { from: at - LIVE_WINDOW_MS, to: at })
        return { value: live, volume: live }
      }
      case 'bounce_rate': {
        const { visitors, visits, bounceRate } = await reports.summary({
          siteId: site.id,
          period: window,
          filters: [],
        })
        return { value: visits === 0 ? undefined : bounceRate, volume: visitors }
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
        throw new Error('nobody measures it: it is told')
      default: {
        const answer = await figuresOf(site.id, window)
        return { value: answer[metric], volume: answer.visitors }
      }
    }
  }
}

/** Visitors of the last 24 hours, and of an average day of the site's calendar in the week, today not counted. */
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
