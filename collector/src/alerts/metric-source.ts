import type { Period } from '../reports/report-store.js'

/** What a site's collector received in a window. */
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
 * The questions that alerts ask of the events, every minute: by when they were received, not by when they happened, so that a minute that
 * is over says the same for ever. Every method rejects with `STORE_UNAVAILABLE` when the store is away or busy.
 */
export interface MetricSource {
  metrics(siteId: string, window: Period): Promise<WindowMetrics>
  /** Of one currency, in major units. */
  revenue(siteId: string, window: Period, currency: string): Promise<{ revenue: number; visitors: number }>
  /** Visitors with an event or heartbeat; those of more than a day ago are forgotten. */
  liveVisitors(siteId: string, window: Period): Promise<number>
}
