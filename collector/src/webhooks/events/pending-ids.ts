/** Collects unique IDs by site, up to a maximum total number. */
export interface PendingIds {
  add(siteId: string, id: string): void
  /** Removes and returns all IDs that were added since the last call, by site ID. */
  take(): Map<string, Set<string>>
  /** Returns the number of IDs dropped since the last call because the maximum was reached. */
  takeDropped(): number
}

// With 40 characters per ID, this number of IDs uses about 10 MB of memory.
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
