import { MINUTE_MS } from '../../durations.js'
import type { FeedPage, FeedPosition } from '../../ingest/event-store.js'

/** A subscriber to the feed of a site. */
export interface FeedListener {
  onEvents(page: FeedPage): void
  /** Called every second with the live count. */
  onLive(visitors: number): void
  /** Called every 30 seconds with the summary of the last 24 hours. */
  onSummary(summary: object): void
}

/**
 * Provides the events, live count and summary of a site to all subscribers, with a single poll of the store.
 */
export interface SiteFeed {
  /** Returns the position up to which events were delivered to subscribers. */
  position(): FeedPosition
  /**
   * Resolves to the events after a position that were received at or after `since`, a Unix time in
   * milliseconds.
   */
  readAfter(position: FeedPosition, since: number): Promise<FeedPage>
  /** Adds a subscriber, which immediately receives the latest live count and summary if they are known. */
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
  /** Resolves to the number of the last insert of the site, or to undefined if there is none. */
  lastBlock: () => Promise<number | undefined>
  countLive: () => Promise<number>
  querySummary: () => Promise<object>
  intervals: FeedIntervals
  now: () => number
}

/** Maximum delay between the receipt and the storage of an event. It includes all retries and a margin. */
export const LATEST_MS = 15 * MINUTE_MS
const PAGE_LIMIT = 500

/**
 * Creates a feed that polls the store until the feed is stopped. After an outage of the store, the feed
 * continues with the first event that it has not delivered.
 */
export function createSiteFeed({
  start,
  readEvents,
  lastBlock,
  countLive,
  querySummary,
  intervals,
  now,
}: SiteFeedOptions): SiteFeed {
  const listeners = new Set<FeedListener>()
  let position = start
  // A failed query may leave the feed within an insert.
  let isMore = false
  let visitors: number | undefined
  let summary: object | undefined

  const readAfter = (after: FeedPosition, since: number) => readEvents({ after, since, limit: PAGE_LIMIT })
  const stops = [
    repeat(async () => {
      isMore ||= ((await lastBlock()) ?? 0) > position.block
      while (isMore) {
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
 * Runs a task immediately, and again `pauseMs` milliseconds after each run. Returns a function that stops the
 * repetition. Errors are ignored because the next run tries again.
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
