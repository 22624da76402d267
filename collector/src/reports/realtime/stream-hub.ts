import type { ServerResponse } from 'node:http'
import { MAX_STREAMS_OF_ACCOUNT } from '../../control/account-bounds.js'
import type { Site } from '../../control/sites.js'
import { ApiError, storeUnavailable } from '../../errors.js'
import { createFairQueue, type FairQueue } from '../../fair-queue.js'
import type { EventStore, FeedPosition } from '../../ingest/event-store.js'
import { toSummaryJson } from '../comparison.js'
import { periodOf } from '../period.js'
import type { ReportStore } from '../report-store.js'
import { createBatchLoader } from './batch-loader.js'
import { comparePositions, START } from './feed-cursor.js'
import { createSiteFeed, type FeedIntervals, LATEST_MS, type SiteFeed } from './site-feed.js'
import { LOOK_BACK_MS, startStream, type StreamIntervals } from './start-stream.js'

/** A request for a stream that is already authorized. */
interface StreamRequest {
  site: Site
  keyId: string
  /** Position of the last event that a resuming reader received, or undefined for a new reader. */
  cursor: FeedPosition | undefined
  /** Resolves to whether the API key may still read the site. */
  isAllowed: () => Promise<boolean>
}

/** Opens and ends the event streams of this collector. */
export interface StreamHub {
  /**
   * Reserves a stream. Resolves to a function that starts the stream on a response whose headers are written.
   * The caller must call this function, because the reservation otherwise never ends. Rejects with
   * `RATE_LIMIT_EXCEEDED` if too many streams are open, or with `STORE_UNAVAILABLE`.
   */
  open(request: StreamRequest): Promise<(output: ServerResponse) => void>
  /** Returns the number of open streams. */
  size(): number
  /** Ends all streams and rejects requests for new ones. */
  close(): void
}

interface HubIntervals extends FeedIntervals, StreamIntervals {
  /** Minimum time between two queries that look for new events of all feeds. */
  gatherMs: number
}

export interface StreamHubServices {
  store: Pick<EventStore, 'eventsSince' | 'lastBlocks' | 'lastPosition'>
  countLive: (siteId: string) => Promise<number>
  /** Resolves to the summary of the last 24 hours, in the same form as in the overview. */
  querySummary: (site: Site) => Promise<object>
  now: () => number
  intervals?: HubIntervals
}

/** Maximum number of open streams on one collector. */
export const MAX_STREAMS = 1_000
/**
 * Number of pages that are read at the same time, by feeds and by readers that catch up. Each is held in memory, and its
 * query takes processor time from ingest.
 */
export const PAGE_READS = { concurrent: 4, perAccount: 1 }
export const MAX_STREAMS_PER_KEY = 20
const RETRY_AFTER_S = 10
const INTERVALS: HubIntervals = {
  gatherMs: 200,
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

/**
 * Creates a hub that opens streams. All streams of one site share a feed, and all feeds share the query that looks for
 * new events.
 */
export function createStreamHub({
  store,
  countLive,
  querySummary,
  now,
  intervals = INTERVALS,
}: StreamHubServices): StreamHub {
  const feeds = new Map<string, SharedFeed>()
  const openOf = createOpenStreams()
  const pageReads = createFairQueue(PAGE_READS)
  const ends = new Set<() => void>()
  let streams = 0
  let isClosed = false

  const lastBlockOf = createBatchLoader({
    load: (siteIds) => store.lastBlocks(siteIds, now() - LATEST_MS),
    pauseMs: intervals.gatherMs,
  })
  const readLastPosition = ({ id, accountId }: Site, since: number) =>
    pageReads.run(accountId, () => store.lastPosition(id, since))

  async function openFeed(site: Site): Promise<SiteFeed> {
    const start = (await readLastPosition(site, now() - LATEST_MS)) ?? START
    return createSiteFeed({
      start,
      readEvents: (query) => pageReads.run(site.accountId, () => store.eventsSince(site.id, query)),
      lastBlock: () => lastBlockOf(site.id),
      countLive: () => countLive(site.id),
      querySummary: () => querySummary(site),
      intervals,
      now,
    })
  }

  /**
   * Counts a stream as open until the returned `release` function is called. Throws if too many streams are
   * open or the hub is closed.
   */
  function reserve({ site, keyId }: StreamRequest): { shared: SharedFeed; release: () => void } {
    if (isClosed) throw storeUnavailable({ retryAfterS: RETRY_AFTER_S })
    const { accountId } = site
    if (
      streams >= MAX_STREAMS ||
      openOf.count(keyId) >= MAX_STREAMS_PER_KEY ||
      openOf.count(accountId) >= MAX_STREAMS_OF_ACCOUNT
    )
      throw new ApiError('RATE_LIMIT_EXCEEDED', { retryAfterS: RETRY_AFTER_S })
    const shared = feeds.get(site.id) ?? { feed: openFeed(site), streams: 0 }
    feeds.set(site.id, shared)
    shared.streams++
    streams++
    openOf.add([keyId, accountId], 1)
    return { shared, release }

    function release() {
      streams--
      openOf.add([keyId, accountId], -1)
      if (--shared.streams > 0) return
      feeds.delete(site.id)
      shared.feed.then((feed) => feed.stop()).catch(() => {})
    }
  }

  /**
   * Resolves to the position at which a reader resumes, or to undefined for a new reader. If the store was
   * replaced, the cursor may be after the newest event. The reader then resumes at the newest event.
   */
  async function resumePosition({ site, cursor }: StreamRequest): Promise<FeedPosition | undefined> {
    if (!cursor) return undefined
    const last = (await readLastPosition(site, now() - LOOK_BACK_MS)) ?? START
    return comparePositions(cursor, last) > 0 ? last : cursor
  }

  return {
    async open(request) {
      const { shared, release } = reserve(request)
      try {
        const [feed, resumed] = await Promise.all([shared.feed, resumePosition(request)])
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

/** Counts the open streams of each key and each account. Their IDs never coincide. */
function createOpenStreams() {
  const counts = new Map<string, number>()
  const count = (id: string) => counts.get(id) ?? 0
  return {
    count,
    add(ids: string[], change: 1 | -1) {
      for (const id of ids) {
        if (count(id) + change > 0) counts.set(id, count(id) + change)
        else counts.delete(id)
      }
    },
  }
}

/**
 * Creates a function that queries the summary of a site's last 24 hours, in the same form as in the overview. It waits
 * for the turn of the site's account, like other reports.
 */
export function createSummaryQuery({
  reports,
  queue,
  now,
}: {
  reports: Pick<ReportStore, 'summary'>
  queue: FairQueue
  now: () => number
}) {
  return async ({ id: siteId, accountId, timeZone }: Site) =>
    toSummaryJson(
      await queue.run(accountId, () =>
        reports.summary({ siteId, period: periodOf('24h', { timeZone, now: now() }), filters: [] }),
      ),
    )
}
