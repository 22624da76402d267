import type { Period } from '../reports/report-store.js'

/** Metrics of one site, computed from the events that were received in a time window. */
export interface WindowMetrics {
  visitors: number
  visits: number
  pageviews: number
  /** Number of custom events and goals. */
  events: number
  goals: number
  errors: number
}

/**
 * Queries the metrics that alerts compare with their thresholds. A window selects events by the time when
 * they were received, so that the metrics of a past minute never change. Every method rejects with
 * `STORE_UNAVAILABLE` if the store is unreachable or busy.
 */
export interface MetricSource {
  metrics(siteId: string, window: Period): Promise<WindowMetrics>
  /**
   * Resolves to the total revenue in one currency, in major units such as euros, and the number of visitors.
   */
  revenue(siteId: string, window: Period, currency: string): Promise<{ revenue: number; visitors: number }>
  /**
   * Resolves to the number of visitors with an event or a heartbeat in the window. Heartbeats are stored for
   * one day.
   */
  liveVisitors(siteId: string, window: Period): Promise<number>
}
