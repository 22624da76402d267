import { MINUTE_MS } from '../../durations.js'
import type { FeedPage, FeedPosition } from '../../ingest/event-store.js'

/** Subscriber of a site's feed. */
export interface FeedListener {
  onEvents(page: FeedPage): void
  /** Receives the live count every second. */
  onLive(visitors: number): void
  /** Receives the summary of the last 24 hours every 30 seconds. */
  onSummary(summary: object): void
}

/** Events, live count and summary of a site, polled once for all subscribers. */
export interface SiteFeed {
  /** Position up to which events were delivered. */
  position(): FeedPosition
  /** Events behind a position, received since a time (ms since the epoch). */
  readAfter(position: FeedPosition, since: number): Promise<FeedPage>
  /** Adds a subscriber, which receives the latest live count and summary immediately. */
  subscribe(listener: FeedListener): void
  unsubscribe(listener: FeedListener): void
  stop(): void
}

export interface FeedIntervals {
  eventsMs: number
  liveMs: number
  summaryMs: number
}

interface SiteFeedOptions {
  start: FeedPosition
  readEvents: (query: { after: FeedPosition; since: number; limit: number }) => Promise<FeedPage>
  countLive: () => Promise<number>
  querySummary: () => Promise<object>
  intervals: FeedIntervals
  now: () => number
}

/** Maximum delay between receipt and storage of an event: the time of all retries, with a margin. */
export const LATEST_MS = 15 * MINUTE_MS
const PAGE_LIMIT = 500

/**
 * Polls the store until stopped. While the store is away nothing is delivered; afterwards it continues
 * without gaps.
 */
export function createSiteFeed({
  start,
  readEvents,
  countLive,
  querySummary,
  intervals,
  now,
}: SiteFeedOptions): SiteFeed {
  const listeners = new Set<FeedListener>()
  let position = start
  let visitors: number | undefined
  let summary: object | undefined

  const readAfter = (after: FeedPosition, since: number) => readEvents({ after, since, limit: PAGE_LIMIT })
  const stops = [
    repeat(async () => {
      for (let isMore = true; isMore;) {
        const page = await readAfter(position, now() - LATEST_MS)
        isMore = page.isMore
        position = page.end
        for (const listener of listeners) listener.onEvents(page)
      }
    }, intervals.eventsMs),
    repeat(async () => {
      visitors = await countLive()
      for (const listener of listeners) listener.onLive(visitors)
    }, intervals.liveMs),
    repeat(async () => {
      summary = await querySummary()
      for (const listener of listeners) listener.onSummary(summary)
    }, intervals.summaryMs),
  ]

  return {
    position: () => position,
    readAfter,
    subscribe(listener) {
      listeners.add(listener)
      if (visitors !== undefined) listener.onLive(visitors)
      if (summary) listener.onSummary(summary)
    },
    unsubscribe: (listener) => void listeners.delete(listener),
    stop() {
      for (const stop of stops) stop()
    },
  }
}

/**
 * Runs a task immediately and again `pauseMs` after each run, until stopped. Errors are ignored; the next run
 * retries.
 */
export function repeat(task: () => Promise<void>, pauseMs: number): () => void {
  let timer: NodeJS.Timeout
  let isStopped = false
  const run = async () => {
    await task().catch(() => {})
    if (!isStopped) timer = setTimeout(() => void run(), pauseMs)
  }
  void run()
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}
