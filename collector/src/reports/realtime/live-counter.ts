import { LIVE_WINDOW_MS } from '@zenovay/tracker/contract'
import { AgedMap } from '../../cache.js'
import type { EventStore } from '../../ingest/event-store.js'

export interface LiveCounter {
  /** Distinct visitors of the last five minutes, at most two seconds old, or ten while the store is away. Then rejects with `STORE_UNAVAILABLE`. */
  count(siteId: string): Promise<number>
}

interface LiveCounterServices {
  store: Pick<EventStore, 'countVisitorsSince'>
  /** ms since the epoch. */
  now: () => number
  /** ms of a clock that never steps. */
  steadyNow: () => number
}

/** What is known of one site; times by the clock that never steps. */
interface SiteCount {
  visitors: number | undefined
  /** When the question was asked whose answer `visitors` is. */
  countedAt: number
  asked: Promise<number> | undefined
  askedAt: number
  isAsking: boolean
}

const ASK_EVERY_MS = 1_000
// Nobody waits for the store while a count is younger: thousands may poll, and a question takes some ten milliseconds.
const FRESH_MS = 2_000
// A restart of the engine takes half of it.
const LAST_KNOWN_MS = 10_000
const QUESTION_TIMEOUT_MS = 2_000
const MAX_SITES = 10_000

/** Counts live visitors. However many ask, the store is asked once a second for each site, one question at a time. */
export function createLiveCounter({ store, now, steadyNow }: LiveCounterServices): LiveCounter {
  const sites = new AgedMap<string, SiteCount>()

  function find(siteId: string): SiteCount {
    const site = sites.get(siteId) ?? {
      visitors: undefined,
      countedAt: -Infinity,
      asked: undefined,
      askedAt: -Infinity,
      isAsking: false,
    }
    sites.renew(siteId, site)
    if (sites.size > MAX_SITES) sites.dropOldest()
    return site
  }

  async function ask(siteId: string, site: SiteCount): Promise<number> {
    const at = steadyNow()
    site.isAsking = true
    site.askedAt = at
    try {
      site.visitors = await store.countVisitorsSince(
        siteId,
        now() - LIVE_WINDOW_MS,
        AbortSignal.timeout(QUESTION_TIMEOUT_MS),
      )
      site.countedAt = at
      return site.visitors
    } catch (error) {
      if (site.visitors !== undefined && steadyNow() - site.countedAt < LAST_KNOWN_MS) return site.visitors
      throw error
    } finally {
      site.isAsking = false
    }
  }

  return {
    count(siteId) {
      const site = find(siteId)
      if (!site.asked || (!site.isAsking && steadyNow() - site.askedAt >= ASK_EVERY_MS)) {
        site.asked = ask(siteId, site)
        // Perhaps nobody waits for it.
        site.asked.catch(() => {})
      }
      if (site.visitors !== undefined && steadyNow() - site.countedAt < FRESH_MS)
        return Promise.resolve(site.visitors)
      return site.asked
    },
  }
}
