import type { FeedPage, FeedPosition } from '../../ingest/event-store.js'
import { repeat } from './start-stream.js'

/** Told what happens at a site. */
export interface FeedListener {
  takeEvents(page: FeedPage): void
  /** Every second. */
  takeLive(visitors: number): void
  /** Every half minute, the summary of the last 24 hours. */
  takeSummary(summary: object): void
}

/** What happens at one site, asked of the store once for all who listen. */
export interface SiteFeed {
  /** All up to here was told. */
  position(): FeedPosition
  /** A page of the events after a position, received since a moment (ms since the epoch). */
  readAfter(position: FeedPosition, since: number): Promise<FeedPage>
  /** What is known already is told at once. */
  join(listener: FeedListener): void
  leave(listener: FeedListener): void
  stop(): void
}

export interface FeedIntervals {
  eventsMs: number
  liveMs: number
  summaryMs: number
}

interface SiteFeedOptions {
  start: FeedPosition
  readEvents: (question: { after: FeedPosition; since: number; limit: number }) => Promise<FeedPage>
  countLive: () => Promise<number>
  readSummary: () => Promise<object>
  intervals: FeedIntervals
  now: () => number
}

/** An event is stored at most this long after it was received: that long a collector tries, and then some. */
export const LATEST_MS = 15 * 60 * 1000
const PAGE_LIMIT = 500

/** Asks the store until it is stopped. While the store is away nothing is told, and nothing is left out when it is back. */
export function createSiteFeed({
  start,
  readEvents,
  countLive,
  readSummary,
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
        for (const listener of listeners) listener.takeEvents(page)
      }
    }, intervals.eventsMs),
    repeat(async () => {
      visitors = await countLive()
      for (const listener of listeners) listener.takeLive(visitors)
    }, intervals.liveMs),
    repeat(async () => {
      summary = await readSummary()
      for (const listener of listeners) listener.takeSummary(summary)
    }, intervals.summaryMs),
  ]

  return {
    position: () => position,
    readAfter,
    join(listener) {
      listeners.add(listener)
      if (visitors !== undefined) listener.takeLive(visitors)
      if (summary) listener.takeSummary(summary)
    },
    leave: (listener) => void listeners.delete(listener),
    stop() {
      for (const stop of stops) stop()
    },
  }
}
