import type { ServerResponse } from 'node:http'
import type { Site } from '../../control/sites.js'
import { ApiError } from '../../errors.js'
import type { EventStore, FeedPosition } from '../../ingest/event-store.js'
import { describeSummary } from '../comparison.js'
import { periodOf } from '../period.js'
import type { ReportStore } from '../report-store.js'
import { comparePositions, START } from './feed-cursor.js'
import { createSiteFeed, type FeedIntervals, LATEST_MS, type SiteFeed } from './site-feed.js'
import { LOOK_BACK_MS, startStream, type StreamIntervals } from './start-stream.js'

/** A request for a stream that may have it. */
interface StreamRequest {
  site: Site
  keyId: string
  /** Where the reader was cut off. */
  cursor: FeedPosition | undefined
  /** Whether the key may still read the site. */
  isAllowed: () => Promise<boolean>
}

/** All streams of this collector. */
export interface StreamHub {
  /**
   * Prepares a stream; the result starts it on a response whose head is written, and must be called.
   * Rejects with `RATE_LIMIT_EXCEEDED` when there are too many, and with `STORE_UNAVAILABLE`.
   */
  open(request: StreamRequest): Promise<(output: ServerResponse) => void>
  /** How many are open. */
  size(): number
  /** Ends all, and opens no other. */
  close(): void
}

export interface StreamHubServices {
  store: Pick<EventStore, 'eventsSince' | 'lastPosition'>
  countLive: (siteId: string) => Promise<number>
  /** The figures of the last 24 hours, as the overview gives them. */
  readSummary: (site: Site) => Promise<object>
  now: () => number
  intervals?: FeedIntervals & StreamIntervals
}

const MAX_STREAMS = 1_000
export const MAX_STREAMS_PER_KEY = 20
const RETRY_AFTER_S = 10
const INTERVALS: FeedIntervals & StreamIntervals = {
  eventsMs: 1_000,
  liveMs: 1_000,
  summaryMs: 30_000,
  liveAgainMs: 9_000,
  heartbeatMs: 15_000,
  checkMs: 20_000,
  drainMs: 10_000,
}

interface SharedFeed {
  feed: Promise<SiteFeed>
  streams: number
}

/** Streams of many sites; the store is asked once for each site, however many listen to it. */
export function createStreamHub({
  store,
  countLive,
  readSummary,
  now,
  intervals = INTERVALS,
}: StreamHubServices): StreamHub {
  const feeds = new Map<string, SharedFeed>()
  const streamsOfKey = new Map<string, number>()
  const ends = new Set<() => void>()
  let streams = 0
  let isClosed = false

  async function openFeed(site: Site): Promise<SiteFeed> {
    const start = (await store.lastPosition(site.id, now() - LATEST_MS)) ?? START
    return createSiteFeed({
      start,
      readEvents: (question) => store.eventsSince(site.id, question),
      countLive: () => countLive(site.id),
      readSummary: () => readSummary(site),
      intervals,
      now,
    })
  }

  /** Counts a stream, and returns how to take that back. */
  function claim({ site, keyId }: StreamRequest): { shared: SharedFeed; release: () => void } {
    if (isClosed) throw new ApiError('STORE_UNAVAILABLE', { retryAfterS: RETRY_AFTER_S })
    const ofKey = streamsOfKey.get(keyId) ?? 0
    if (streams >= MAX_STREAMS || ofKey >= MAX_STREAMS_PER_KEY)
      throw new ApiError('RATE_LIMIT_EXCEEDED', { retryAfterS: RETRY_AFTER_S })
    const shared = feeds.get(site.id) ?? { feed: openFeed(site), streams: 0 }
    feeds.set(site.id, shared)
    shared.streams++
    streams++
    streamsOfKey.set(keyId, ofKey + 1)
    return { shared, release }

    function release() {
      streams--
      const left = streamsOfKey.get(keyId)! - 1
      if (left > 0) streamsOfKey.set(keyId, left)
      else streamsOfKey.delete(keyId)
      if (--shared.streams > 0) return
      feeds.delete(site.id)
      shared.feed.then((feed) => feed.stop()).catch(() => {})
    }
  }

  /** Where a reader goes on. An id that no event has, because the store is another one since, is that of the last event. */
  async function locate({ site, cursor }: StreamRequest): Promise<FeedPosition | undefined> {
    if (!cursor) return undefined
    const last = (await store.lastPosition(site.id, now() - LOOK_BACK_MS)) ?? START
    return comparePositions(cursor, last) > 0 ? last : cursor
  }

  return {
    async open(request) {
      const { shared, release } = claim(request)
      try {
        const [feed, resumed] = await Promise.all([shared.feed, locate(request)])
        return (output) => {
          if (output.destroyed) return release()
          const end = startStream({
            output,
            feed,
            from: resumed ?? feed.position(),
            isAllowed: request.isAllowed,
            intervals,
            now,
          })
          ends.add(end)
          output.once('close', () => {
            ends.delete(end)
            release()
          })
          if (isClosed) end()
        }
      } catch (error) {
        release()
        throw error
      }
    },
    size: () => streams,
    close() {
      isClosed = true
      for (const end of ends) end()
    },
  }
}

/** Reads the figures of a site's last 24 hours, as the overview gives them. */
export function createSummaryQuery({
  reports,
  now,
}: {
  reports: Pick<ReportStore, 'summary'>
  now: () => number
}) {
  return async (site: Site) =>
    describeSummary(
      await reports.summary({
        siteId: site.id,
        period: periodOf('24h', { timeZone: site.timeZone, now: now() }),
        filters: [],
      }),
    )
}
