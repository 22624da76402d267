import type { ReceivedRow, WatchStore } from '../../stores/watch-store.js'
import type { TellEvents } from './create-event-teller.js'

export interface OfferAgainOptions {
  store: Pick<WatchStore, 'eventsReceived'>
  tell: TellEvents
  siteIds: readonly string[]
  /** ms since the epoch; both included. */
  from: number
  until: number
  /** Asked now and then: then it is left unfinished. */
  isOver: () => boolean
}

const PAGE_LIMIT = 1_000
// As many ids as fit into one question by far.
const SITES_AT_ONCE = 1_000

/** Tells the events that were received within a time once more: what was told before is known by its key. */
export async function offerAgain({
  store,
  tell,
  siteIds,
  from,
  until,
  isOver,
}: OfferAgainOptions): Promise<void> {
  for (let first = 0; first < siteIds.length; first += SITES_AT_ONCE) {
    const some = siteIds.slice(first, first + SITES_AT_ONCE)
    for (let after: ReceivedRow | undefined, isMore = true; isMore && !isOver();) {
      const rows = await store.eventsReceived({ siteIds: some, from, until, after, limit: PAGE_LIMIT })
      await tell(rows.map((row) => ({ row })))
      after = rows.at(-1)
      isMore = rows.length === PAGE_LIMIT
    }
  }
}
