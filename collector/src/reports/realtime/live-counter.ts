import { LIVE_WINDOW_MS } from '@zenovay/tracker/contract'
import { AgedMap } from '../../cache.js'
import type { EventStore } from '../../ingest/event-store.js'

export interface LiveCounter {
  /**
   * Distinct visitors of the last five minutes, at most two seconds old. While the store is away up to ten
   * seconds old, then rejects with `STORE_UNAVAILABLE`.
   */
  count(siteId: string): Promise<number>
}

interface LiveCounterServices {
  store: Pick<EventStore, 'countVisitorsSince'>
  /** ms since the epoch. */
  now: () => number
  /** ms of a monotonic clock. */
  steadyNow: () => number
}

/** The count of one site; times by the monotonic clock. */
interface SiteCount {
  visitors: number | undefined
  /** When the query that returned `visitors` was sent. */
  countedAt: number
  /** The latest query. */
  query: Promise<number> | undefined
  queriedAt: number
  isPending: boolean
}

const QUERY_INTERVAL_MS = 1_000
// A younger count is returned without waiting: thousands may poll, and a query takes about ten milliseconds.
const FRESH_MS = 2_000
// Twice as long as an engine restart takes.
const LAST_KNOWN_MS = 10_000
const QUERY_TIMEOUT_MS = 2_000
const MAX_SITES = 10_000

/**
 * Counts live visitors with at most one query a second for each site, one at a time, regardless of the number
 * of callers.
 */
export function createLiveCounter({ store, now, steadyNow }: LiveCounterServices): LiveCounter {
  const sites = new AgedMap<string, SiteCount>()

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
      site.visitors = await store.countVisitorsSince(
        siteId,
        now() - LIVE_WINDOW_MS,
        AbortSignal.timeout(QUERY_TIMEOUT_MS),
      )
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
        // The caller may get the previous count and not await this.
        site.query.catch(() => {})
      }
      if (site.visitors !== undefined && steadyNow() - site.countedAt < FRESH_MS)
        return Promise.resolve(site.visitors)
      return site.query
    },
  }
}
