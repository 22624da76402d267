import { LIVE_WINDOW_MS } from '@zenovay/tracker/contract'
import type { EventStore } from '../stores/event-store.js'

export interface LiveCounter {
  /** Distinct visitors of the last five minutes, at most a second old. */
  count(siteId: string): Promise<number>
}

const KEEP_MS = 1_000
const MAX_SITES = 10_000

/** Counts live visitors; however many ask, the store is asked once a second for each site. */
export function createLiveCounter(store: EventStore, now: () => number): LiveCounter {
  const counts = new Map<string, { at: number; visitors: Promise<number> }>()
  return {
    count(siteId) {
      const known = counts.get(siteId)
      if (known && now() - known.at < KEEP_MS) return known.visitors
      const visitors = store.countVisitorsSince(siteId, now() - LIVE_WINDOW_MS)
      counts.delete(siteId)
      counts.set(siteId, { at: now(), visitors })
      if (counts.size > MAX_SITES) counts.delete(counts.keys().next().value!)
      visitors.catch(() => counts.delete(siteId))
      return visitors
    },
  }
}
