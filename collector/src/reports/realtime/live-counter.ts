import { LIVE_WINDOW_MS } from '@zenovay/tracker/contract'
import { AgedMap } from '../../cache.js'
import type { EventStore } from '../../ingest/event-store.js'
import { createBatchLoader } from './batch-loader.js'

export interface LiveCounter {
  /**
   * Resolves to the number of distinct visitors in the last five minutes. The number is at most two seconds
   * old, or ten seconds old while the store is unavailable. After that, the promise rejects with
   * `STORE_UNAVAILABLE`.
   */
  count(siteId: string): Promise<number>
}

interface LiveCounterServices {
  store: Pick<EventStore, 'countVisitorsSince'>
  /** Returns the current Unix time in milliseconds. */
  now: () => number
  /** Returns the time of a monotonic clock in milliseconds. */
  steadyNow: () => number
}

/** The live count of one site. Times are in milliseconds of the monotonic clock. */
interface SiteCount {
  visitors: number | undefined
  /** The time when the query that returned `visitors` was sent. */
  countedAt: number
  /** The latest query, or undefined before the first one. */
  query: Promise<number> | undefined
  queriedAt: number
  isPending: boolean
}

const QUERY_INTERVAL_MS = 1_000
// Maximum age of a count that is returned without waiting for a query, so that clients that poll get a fast
// response.
const FRESH_MS = 2_000
// Maximum age of a count that is returned while queries fail. A restart of the engine takes about five
// seconds.
const LAST_KNOWN_MS = 10_000
const QUERY_TIMEOUT_MS = 2_000
// The sites that are asked for within this time share a query.
const GATHER_MS = 200
const MAX_SITES = 10_000

/**
 * Creates a live counter. It counts each site at most once per second, regardless of the number of callers, and all
 * sites of a moment with one query, regardless of their number.
 */
export function createLiveCounter({ store, now, steadyNow }: LiveCounterServices): LiveCounter {
  const sites = new AgedMap<string, SiteCount>()
  const countVisitors = createBatchLoader({
    load: (siteIds) =>
      store.countVisitorsSince(siteIds, now() - LIVE_WINDOW_MS, AbortSignal.timeout(QUERY_TIMEOUT_MS)),
    pauseMs: GATHER_MS,
  })

  function find(siteId: string): SiteCount {
    const site = sites.get(siteId) ?? {
      visitors: undefined,
      countedAt: -Infinity,
      query: undefined,
      queriedAt: -Infinity,
      isPending: false,
    }
    sites.renew(siteId, site)
    if (sites.size > MAX_SITES) sites.dropOldest()
    return site
  }

  async function queryCount(siteId: string, site: SiteCount): Promise<number> {
    const at = steadyNow()
    site.isPending = true
    site.queriedAt = at
    try {
      site.visitors = (await countVisitors(siteId)) ?? 0
      site.countedAt = at
      return site.visitors
    } catch (error) {
      if (site.visitors !== undefined && steadyNow() - site.countedAt < LAST_KNOWN_MS) return site.visitors
      throw error
    } finally {
      site.isPending = false
    }
  }

  return {
    count(siteId) {
      const site = find(siteId)
      if (!site.query || (!site.isPending && steadyNow() - site.queriedAt >= QUERY_INTERVAL_MS)) {
        site.query = queryCount(siteId, site)
        // Handle a rejection here, because the caller may receive the previous count and never await this
        // query.
        site.query.catch(() => {})
      }
      if (site.visitors !== undefined && steadyNow() - site.countedAt < FRESH_MS)
        return Promise.resolve(site.visitors)
      return site.query
    },
  }
}
