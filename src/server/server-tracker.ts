import type { IngestEvent } from '../contract/wire.js'
import type { Clock } from './clock.js'
import type { ServerEvent } from './create-event.js'
import type { IngestError } from './ingest-error.js'

export interface ServerTrackerOptions {
  /** Tracking code of the site, `ZV_…`. */
  trackingCode: string
  /** Base URL of the collector. The URL may include a path prefix. */
  apiUrl: string
  /**
   * Key with the scope `write`. With it events are sent a thousand at a time, under the limit of the key. Without it, thirty
   * at a time, at most 60 in 10 seconds and 5,000 in an hour.
   */
  apiKey?: string | undefined
  /**
   * User agent that identifies your service. Generic user agents such as curl and python are rejected as
   * bots.
   * @default 'Zenovay-Server/1.0'
   */
  userAgent?: string | undefined
  /** Maximum number of attempts to send an event. @default as many as there are within `maxAgeMs` */
  attempts?: number | undefined
  /**
   * Time in milliseconds after which an event that could not be delivered is given up: at most 23 hours, because the
   * collector knows a repeated event for 24. @default 6 hours
   */
  maxAgeMs?: number | undefined
  /**
   * Called with each valid event that is lost: `QUEUE_FULL`, `EXPIRED`, `CLOSED`, or the last error if there
   * are no further attempts.
   */
  onDrop?: ((error: IngestError, event: IngestEvent) => void) | undefined
  /**
   * Keeps the runtime awake until events are sent: `(promise) => context.waitUntil(promise)` on Workers, `waitUntil` of
   * Vercel, `after` of Next. With it, events are sent at the end of the task that tracks them.
   */
  waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** @default the function of the runtime */
  fetch?: typeof fetch | undefined
  /** @default the clock of the runtime */
  clock?: Clock | undefined
}

/** An event that the collector has on disk. */
export interface StoredEvent {
  /** `duplicate`: it was stored before, by an earlier attempt or call. Only a request with `apiKey` can tell. */
  status: 'stored' | 'duplicate'
  eventId: string
}

/** Totals since the tracker was created, and what waits now. */
export interface SenderStats {
  stored: number
  duplicates: number
  /** Refused by the collector, because they are not valid, or after `close`. */
  refused: number
  /** Refused because the queue was full. */
  queueFull: number
  /** Accepted and then given up: too old, out of attempts, or closed. */
  lost: number
  /** Events that wait for their outcome. */
  waiting: number
  waitingBytes: number
  requests: number
  requestsInFlight: number
  /** Requests that failed in a row. 0 while the collector answers. */
  failures: number
  lastError: IngestError | undefined
}

/**
 * Sends events of a server. Each method returns a promise of the outcome of its own event: it resolves when the event is
 * stored, and rejects with an {@link IngestError} if it is not. Nobody has to wait for it, and an outcome that nobody looks at
 * is no unhandled rejection.
 */
export interface ServerTracker {
  /** Sends a custom event. */
  track(name: string, event: ServerEvent): Promise<StoredEvent>
  pageview(event: ServerEvent): Promise<StoredEvent>
  /** Sends a goal conversion. The property `value` is the worth of the conversion. */
  goal(name: string, event: ServerEvent): Promise<StoredEvent>
  /** Sends a revenue conversion. `amount` is in major units of the currency; that of a refund is negative. */
  revenue(amount: number, currency: string, event: ServerEvent): Promise<StoredEvent>
  /** Attributes the session to a user; `properties` are the traits of the user. */
  identify(userId: string, event: ServerEvent): Promise<StoredEvent>
  /**
   * Resolves when there is room in the queue for another event.
   *
   * @example
   * import { createServerTracker } from '@zenovay/tracker/server'
   * const analytics = createServerTracker({ trackingCode: 'ZV_XXXXXXXXXXX', apiUrl: 'https://collector.example' })
   * const orders = [{ id: 'order-1', session: 'srv-9f2a7c41bd', total: 99.99, paidAt: new Date('2026-11-30') }]
   * for (const { id, session, total, paidAt } of orders) {
   *   await analytics.room()
   *   const event = { url: 'https://example.com/checkout', sessionId: session, eventId: id, at: paidAt }
   *   void analytics.revenue(total, 'EUR', event)
   * }
   */
  room(): Promise<void>
  /**
   * Sends what waits, and resolves when every event that was accepted before has its outcome, or after `timeoutMs`. Rejects
   * with the reason of `signal` if that is aborted.
   */
  flush(options?: FlushOptions): Promise<SenderStats>
  /**
   * Refuses further events, and waits for the outcomes of those accepted before. What has none after `timeoutMs`, 30 seconds by
   * default, is lost. Resolves when no timer and no request is left.
   */
  close(options?: { timeoutMs?: number | undefined }): Promise<SenderStats>
  /** The totals for a page of metrics. */
  stats(): SenderStats
}

export interface FlushOptions {
  /** @default no limit */
  timeoutMs?: number | undefined
  signal?: AbortSignal | undefined
}
