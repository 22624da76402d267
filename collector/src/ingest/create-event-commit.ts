import { DEDUPLICATION_WINDOW_MS } from '@zenovay/tracker/contract'
import type { Logger } from 'pino'
import { AgedMap } from '../aged-map.js'
import type { EventRow } from '../stores/event-row.js'
import { eventKey, type EventStore } from '../stores/event-store.js'
import { createGroupCommit, type CommitWatch } from './create-group-commit.js'

/** A row on its way to the store. */
export interface Candidate {
  row: EventRow
  /** Whether the sender chose the id: only then can it come twice. */
  hasOwnId: boolean
  /** The sender marked it as transmitted before: the store is asked for it. */
  retry: boolean
}

/** `duplicate`: an earlier call brought the same event. */
export type CommitOutcome = 'stored' | 'duplicate'

export interface EventCommit {
  /** Resolves when the event is on disk, by this call or an earlier one; rejects with `STORE_UNAVAILABLE`. */
  commit(candidate: Candidate): Promise<CommitOutcome>
  depth(): number
  /** Whether {@link commit} refuses what comes. */
  isFull(): boolean
  /** Whether a batch failed and is being tried again. */
  isFailing(): boolean
  drain(): Promise<void>
  /** Refuses what still waits: the end, when the store does not answer. */
  giveUp(): void
}

export interface EventCommitServices {
  store: EventStore
  log: Logger
  watch?: CommitWatch
  /** @default Date.now */
  now?: () => number
}

// Ids of the last minutes at full load; with ids of 40 characters about 30 MB.
const MAX_RECENT = 200_000
// What a browser sends again on its own comes within seconds, also when the collector restarted meanwhile.
const REMEMBER_MS = 15 * 60 * 1000

/**
 * The last stage of ingest: exactly once by `event_id`, then durable, then acknowledged.
 *
 * Repeats marked `retry` are looked up in the store. All others are looked for among the recent ids in memory,
 * filled from the store at start, because browsers themselves send a POST again after a dropped connection.
 * A repeat of an event that is still being written waits for that write.
 */
export async function createEventCommit({ store, log, watch, now = Date.now }: EventCommitServices): Promise<EventCommit> {
  const recent = new AgedMap<string, Promise<void>>()
  for (const key of await store.recentKeys(now() - REMEMBER_MS, MAX_RECENT)) recent.set(key, Promise.resolve())
  // What the store knew already; told by the batch's write to the one who waits for it.
  const repeats = new WeakSet<Candidate>()

  const group = createGroupCommit<Candidate>({
    log,
    ...(watch && { watch }),
    bytesOf: ({ row }) => bytesOf(row),
    // What was refused must be taken when it comes again.
    onRefused(candidates) {
      for (const { row } of candidates) recent.delete(eventKey(row.site_id, row.event_id))
    },
    onWrittenLate(candidates) {
      for (const { row } of candidates) recent.set(eventKey(row.site_id, row.event_id), Promise.resolve())
    },
    async write(candidates, batchId, signal) {
      const suspects = candidates.filter(({ retry, hasOwnId }) => retry && hasOwnId).map(({ row }) => ({ siteId: row.site_id, eventId: row.event_id }))
      const stored = suspects.length > 0 ? await store.findStored(suspects, now() - DEDUPLICATION_WINDOW_MS, signal) : undefined
      const fresh = candidates.filter((candidate) => {
        const isRepeat = stored?.has(eventKey(candidate.row.site_id, candidate.row.event_id)) === true
        if (isRepeat) repeats.add(candidate)
        return !isRepeat
      })
      if (fresh.length > 0) await store.insertEvents(fresh.map(({ row }) => row), batchId, signal)
    },
  })

  return {
    depth: group.depth,
    isFull: group.isFull,
    isFailing: group.isFailing,
    drain: group.drain,
    giveUp: group.giveUp,
    commit(candidate) {
      // What is not taken is not remembered either: it must be taken when it comes again.
      if (!candidate.hasOwnId || group.isFull()) return group.add(candidate).then(() => 'stored')
      const key = eventKey(candidate.row.site_id, candidate.row.event_id)
      const known = recent.get(key)
      if (known) return known.then(() => 'duplicate')
      const written = group.add(candidate)
      recent.set(key, written)
      if (recent.size > MAX_RECENT) void recent.dropOldest()
      return written.then(() => (repeats.has(candidate) ? 'duplicate' : 'stored'))
    },
  }
}

// A row without its texts.
const ROW_BYTES = 1_000

function bytesOf({ path, query, referrer, title, properties }: EventRow): number {
  return ROW_BYTES + 2 * (path.length + query.length + referrer.length + title.length + properties.length)
}
