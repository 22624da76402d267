import type { Site } from '../control/sites.js'
import type { EventStore } from '../ingest/event-store.js'

interface Expiry {
  retentionMonths: number
  /** ms since the epoch. */
  before: number
  sites: number
  events: number
  isDone: boolean
}

// Ids travel in the address of the store's request, which is limited.
const SITES_AT_ONCE = 1_000

/** Deletes the events of every site that are past its retention. Sites that keep as long go together; without such events nothing is written. */
export async function* deleteExpired(
  sites: Site[],
  events: Pick<EventStore, 'delete'>,
  now: number,
): AsyncGenerator<Expiry> {
  const idsByMonths = new Map<number, string[]>()
  for (const { id, retentionMonths } of sites)
    idsByMonths.set(retentionMonths, [...(idsByMonths.get(retentionMonths) ?? []), id])
  for (const [retentionMonths, ids] of idsByMonths)
    for (let start = 0; start < ids.length; start += SITES_AT_ONCE) {
      const siteIds = ids.slice(start, start + SITES_AT_ONCE)
      const before = retentionCutoff(now, retentionMonths)
      const { rows, isDone } = await events.delete({ siteIds, before })
      yield { retentionMonths, before, sites: siteIds.length, events: rows, isDone }
    }
}

/** The UTC midnight that was `months` calendar months before `now` (ms since the epoch): what happened earlier is past its retention. */
export function retentionCutoff(now: number, months: number): number {
  const today = new Date(now)
  const [year, month] = [today.getUTCFullYear(), today.getUTCMonth() - months]
  // A month before 31 March is the end of February, not 3 March: that would delete too much.
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return Date.UTC(year, month, Math.min(today.getUTCDate(), lastDay))
}
