import { DEDUPLICATION_WINDOW_MS } from '@zenovay/tracker/contract'
import type { Logger } from 'pino'
import { AgedMap } from '../../cache.js'
import { MINUTE_MS } from '../../durations.js'
import { type EventRow, fingerprintOf } from '../event-row.js'
import { eventKey, type EventKey, type EventStore, type StoredEvent } from '../event-store.js'
import { type CommitMetrics, createGroupCommit } from './group-commit.js'

/** A row to be stored. */
interface Candidate {
  row: EventRow
  /** Whether the sender chose the id; other events cannot repeat. */
  hasOwnId: boolean
  /** The sender transmitted it before, so it is looked up in the store. */
  retry: boolean
}

/** The outcome of a commit; `duplicate` means that an earlier call committed the same event. */
export type CommitOutcome = 'stored' | 'duplicate'

export interface EventCommit {
  /** Resolves when the event is on disk, by this call or an earlier one; rejects with `STORE_UNAVAILABLE`. */
  commit(candidate: Candidate): Promise<CommitOutcome>
  /** Events queued or being written. */
  depth(): number
  /** Whether {@link commit} rejects new events. */
  isFull(): boolean
  /** Whether a batch failed and is being retried. */
  isFailing(): boolean
  /** Resolves when everything committed before the call is written or rejected. */
  drain(): Promise<void>
  /** Rejects queued and future events. It is meant for a shutdown while the store does not answer. */
  giveUp(): void
}

interface EventCommitServices {
  store: EventStore
  log: Logger
  metrics?: CommitMetrics
  /** Reports that an event gets a new id because a different event has the same one. */
  onReuse?: () => void
  /**
   * Publishes each stored batch before it is acknowledged, including duplicates found in the store: their
   * first transmission may have failed between storing and publishing. The batch is retried while this
   * rejects.
   */
  publish?: (items: readonly { row: EventRow }[]) => Promise<void> | undefined
  /** @default Date.now */
  now?: () => number
}

interface Pending {
  row: EventRow
  fingerprint: number
  /** Whether to look it up in the store before inserting. */
  needsLookup: boolean
  /** Whether the lookup found it. */
  isDuplicate: boolean
}

// Ids of the last minutes at full load; about 45 MB with ids of 40 characters.
const MAX_RECENT = 200_000
// A browser repeats a request within seconds, possibly across a restart of the collector.
const REMEMBER_MS = 15 * MINUTE_MS
// The size of the fixed columns of a row.
const ROW_BYTES = 1_000

/**
 * The last stage of ingest: deduplicates by `event_id`, stores, publishes, then acknowledges.
 *
 * Events marked `retry` are looked up in the store. All others are checked against the recent events in
 * memory, loaded from the store at start, because browsers repeat a POST themselves after a dropped
 * connection. A repeat of an event that is being written waits for that write. Duplicates written by two
 * collectors at the same moment are left to the duplicate sweep.
 */
export async function createEventCommit({
  store,
  log,
  metrics,
  onReuse,
  publish,
  now = Date.now,
}: EventCommitServices): Promise<EventCommit> {
  const recent = createRecentEvents(MAX_RECENT, await store.recentEvents(now() - REMEMBER_MS, MAX_RECENT))
  // The batch being written. Its rows stay the same across retries, because the batch id stands for them.
  let plan: { batchId: string; items: Pending[]; rows: EventRow[]; isStored: boolean } | undefined

  const group = createGroupCommit<Pending>({
    log,
    ...(metrics && { metrics }),
    bytesOf: ({ row }) => bytesOf(row),
    // An event refused here must be accepted when retried; if its row is already stored, only publishing is
    // repeated.
    onRejected(items) {
      const isStored = plan?.items === items && plan.isStored
      for (const { row, fingerprint } of items) {
        if (isStored) recent.add(keyOf(row), { fingerprint, written: ON_DISK, isUnpublished: true })
        else recent.delete(keyOf(row))
      }
    },
    onWrittenLate(items) {
      for (const { row, fingerprint } of items) recent.add(keyOf(row), { fingerprint, written: ON_DISK })
    },
    async write(items, batchId, signal) {
      if (plan?.batchId !== batchId)
        plan = { batchId, items, rows: await selectNew(items, signal), isStored: false }
      if (!plan.isStored && plan.rows.length > 0) await store.insertEvents(plan.rows, batchId, signal)
      plan.isStored = true
      await publish?.(items)
    },
  })

  /** The rows that are not in the store; an event whose id is taken gets its new id. */
  async function selectNew(items: Pending[], signal: AbortSignal): Promise<EventRow[]> {
    const unknown = items.filter(({ needsLookup }) => needsLookup)
    if (unknown.length > 0) {
      const keys = unknown.flatMap(({ row, fingerprint }): EventKey[] =>
        [row.event_id, renamed(row.event_id, fingerprint)].map((eventId) => ({
          siteId: row.site_id,
          eventId,
        })),
      )
      const stored = await store.findStored(keys, now() - DEDUPLICATION_WINDOW_MS, signal)
      for (const pending of unknown) resolveLookup(pending, stored)
    }
    return items.filter(({ isDuplicate }) => !isDuplicate).map(({ row }) => row)
  }

  function resolveLookup(pending: Pending, stored: Map<string, number[]>): void {
    const { row, fingerprint } = pending
    const key = keyOf(row)
    const others = stored.get(key)
    const renamedKey = eventKey(row.site_id, renamed(row.event_id, fingerprint))
    pending.isDuplicate = others?.includes(fingerprint) === true || stored.has(renamedKey)
    if (!others || others.includes(fingerprint)) return
    recent.rename(key, renamedKey, others[0]!)
    row.event_id = renamed(row.event_id, fingerprint)
    if (!pending.isDuplicate) onReuse?.()
  }

  return {
    depth: group.depth,
    isFull: group.isFull,
    isFailing: group.isFailing,
    drain: group.drain,
    giveUp: group.giveUp,
    commit({ row, hasOwnId, retry }) {
      const pending = { row, fingerprint: 0, needsLookup: retry && hasOwnId, isDuplicate: false }
      if (!hasOwnId) return group.add(pending).then(() => 'stored')
      const fingerprint = (pending.fingerprint = fingerprintOf(row))
      let known = recent.find(keyOf(row))
      const isReused = known !== undefined && known.fingerprint !== fingerprint
      if (isReused) {
        row.event_id = renamed(row.event_id, fingerprint)
        known = recent.find(keyOf(row))
      }
      if (known?.isUnpublished === true) pending.needsLookup = true
      else if (known) return known.written.then(() => 'duplicate')
      // A rejected event is not remembered: it must be accepted when retried.
      if (group.isFull()) return group.add(pending).then(() => 'stored')
      const written = group.add(pending)
      recent.add(keyOf(row), { fingerprint, written })
      if (isReused) onReuse?.()
      return written.then(() => (pending.isDuplicate ? 'duplicate' : 'stored'))
    },
  }
}

function keyOf(row: EventRow): string {
  return eventKey(row.site_id, row.event_id)
}

/** The new id of an event whose id is taken. It is deterministic, so that its repeats are recognized too. */
function renamed(eventId: string, fingerprint: number): string {
  return `${eventId}~${fingerprint.toString(36)}`
}

function bytesOf({ path, query, referrer, title, properties }: EventRow): number {
  return ROW_BYTES + 2 * (path.length + query.length + referrer.length + title.length + properties.length)
}

/** An event of the last minutes. */
interface RecentEvent {
  fingerprint: number
  /** Settles with the write that stores it. */
  written: Promise<void>
  /**
   * Whether it is stored without its webhooks published: a repeat is looked up in the store and published.
   */
  isUnpublished?: true
}

interface RecentEvents {
  find(key: string): RecentEvent | undefined
  add(key: string, event: RecentEvent): void
  delete(key: string): void
  /**
   * Moves an event from `from` to `to`, because the store holds another event, of this fingerprint, under
   * `from`.
   */
  rename(from: string, to: string, storedFingerprint: number): void
}

/** The value of `written` for an event that is already stored. */
export const ON_DISK = Promise.resolve()

/** Holds the last `limit` events by key; `stored` fills it at start, oldest first. */
export function createRecentEvents(limit: number, stored: StoredEvent[]): RecentEvents {
  const events = new AgedMap<string, RecentEvent>()
  for (const { key, fingerprint } of stored) events.set(key, { fingerprint, written: ON_DISK })

  return {
    find: (key) => events.get(key),
    add(key, event) {
      events.set(key, event)
      if (events.size > limit) void events.dropOldest()
    },
    delete: (key) => void events.delete(key),
    rename(from, to, storedFingerprint) {
      const event = events.get(from)
      events.set(from, { fingerprint: storedFingerprint, written: ON_DISK })
      if (event) events.set(to, event)
    },
  }
}
