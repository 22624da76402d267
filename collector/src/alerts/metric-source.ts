import type { Period } from '../reports/report-store.js'

/** Counts over the events of a site received in a window. */
export interface WindowMetrics {
  visitors: number
  visits: number
  pageviews: number
  /** Custom events and goals. */
  events: number
  goals: number
  errors: number
}

/**
 * Queries behind alerts, run every minute. Windows select by time of receipt, not of occurrence, so that the
 * metrics of a past minute never change. Every method rejects with `STORE_UNAVAILABLE` when the store is
 * unreachable or busy.
 */
export interface MetricSource {
  metrics(siteId: string, window: Period): Promise<WindowMetrics>
  /** Sums the revenue in one currency, in major units. */
  revenue(siteId: string, window: Period, currency: string): Promise<{ revenue: number; visitors: number }>
  /** Visitors with an event or heartbeat; windows older than a day find none. */
  liveVisitors(siteId: string, window: Period): Promise<number>
}
