import type { Site } from '../stores/control-store.js'
import type { EventStore } from '../stores/event-store.js'
import { retentionCutoff } from './retention-cutoff.js'

export interface Expiry {
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
