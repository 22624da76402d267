/** IDs by site, without duplicates, up to a limit; `take` removes and returns them. */
export interface PendingIds {
  add(siteId: string, id: string): void
  /** Ids of every site since the last call. */
  take(): Map<string, Set<string>>
  /** Number of ids dropped at the limit since the last call. */
  takeDropped(): number
}

// These take about 10 MB with ids of 40 characters.
const MAX_IDS = 100_000

export function createPendingIds(limit = MAX_IDS): PendingIds {
  let sites = new Map<string, Set<string>>()
  let size = 0
  let dropped = 0
  return {
    add(siteId, id) {
      let ids = sites.get(siteId)
      if (!ids) sites.set(siteId, (ids = new Set()))
      if (ids.has(id)) return
      if (size >= limit) return void dropped++
      ids.add(id)
      size++
    },
    take() {
      const taken = sites
      sites = new Map()
      size = 0
      return taken
    },
    takeDropped() {
      const count = dropped
      dropped = 0
      return count
    },
  }
}
