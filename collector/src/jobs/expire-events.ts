import type { Site } from '../control/sites.js'
import type { EventStore } from '../ingest/event-store.js'

/** The result of one delete query, which covers a group of sites with the same retention. */
interface Expiry {
  retentionMonths: number
  /** Unix time in milliseconds. */
  before: number
  /** Number of sites in the group. */
  sites: number
  /** Number of deleted events. */
  events: number
  isDone: boolean
}

// The site IDs are part of the request URL, whose length is limited.
const SITES_PER_QUERY = 1_000

/** Deletes events that are older than the retention of their site. Yields the result of each delete query. */
export async function* deleteExpired(
  sites: Site[],
  events: Pick<EventStore, 'delete'>,
  now: number,
): AsyncGenerator<Expiry> {
  const idsByMonths = new Map<number, string[]>()
  for (const { id, retentionMonths } of sites)
    idsByMonths.set(retentionMonths, [...(idsByMonths.get(retentionMonths) ?? []), id])
  for (const [retentionMonths, ids] of idsByMonths)
    for (let start = 0; start < ids.length; start += SITES_PER_QUERY) {
      const siteIds = ids.slice(start, start + SITES_PER_QUERY)
      const before = retentionCutoff(now, retentionMonths)
      const { rows, isDone } = await events.delete({ siteIds, before })
      yield { retentionMonths, before, sites: siteIds.length, events: rows, isDone }
    }
}

/**
 * Returns the UTC midnight that is `months` calendar months before `now` (Unix time in milliseconds). Earlier
 * events are past their retention.
 */
export function retentionCutoff(now: number, months: number): number {
  const today = new Date(now)
  const [year, month] = [today.getUTCFullYear(), today.getUTCMonth() - months]
  // One month before 31 March is the last day of February. Otherwise the date would become 3 March, and too
  // many events would be deleted.
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return Date.UTC(year, month, Math.min(today.getUTCDate(), lastDay))
}
