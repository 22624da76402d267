import { DEDUPLICATION_WINDOW_MS } from '@zenovay/tracker/contract'
import type { Logger } from 'pino'
import { AgedMap } from '../../cache.js'
import { MINUTE_MS } from '../../durations.js'
import { type EventRow, fingerprintOf } from '../event-row.js'
import { eventKey, type EventKey, type EventStore, type StoredEvent } from '../event-store.js'
import { type CommitMetrics, createGroupCommit } from './group-commit.js'

/** An event that is ready to be stored. */
interface Candidate {
  row: EventRow
  accountId: string
  /** Whether the sender chose the event ID. An event without such an ID cannot be a duplicate. */
  hasOwnId: boolean
  /**
   * Whether the sender sent the event before. If so, the store is searched for the event before the insert.
   */
  retry: boolean
}

/** The outcome of a commit. `duplicate` means that the same event was already committed before. */
export type CommitOutcome = 'stored' | 'duplicate'

export interface EventCommit {
  /**
   * Resolves when the event is on disk, whether this call or an earlier one stored it. Rejects with
   * `STORE_UNAVAILABLE` if the event could not be stored in time.
   */
  commit(candidate: Candidate): Promise<CommitOutcome>
  /** Returns the number of events that are queued or being written. */
  depth(): number
  /** Whether {@link commit} currently rejects new events. */
  isFull(): boolean
  /** Whether a batch failed and is being retried. */
  isFailing(): boolean
  /** Resolves when every event that was passed to {@link commit} before this call is written or rejected. */
  drain(): Promise<void>
  /** Rejects all queued and future events. Call this at shutdown if the store does not respond. */
  giveUp(): void
}

interface EventCommitServices {
  store: EventStore
  log: Logger
  metrics?: CommitMetrics
  /** Called when an event receives a new ID because a different event with the same ID already exists. */
  onReuse?: () => void
  /**
   * Publishes the events of a stored batch to webhooks. The batch is acknowledged after this function
   * resolves, and retried if it rejects. `items` includes duplicates, because the collector may have crashed
   * after it stored an event and before it published the event.
   */
  publish?: (items: readonly { row: EventRow }[]) => Promise<void> | undefined
  /** Returns the current Unix time in milliseconds. @default Date.now */
  now?: () => number
}

interface Pending {
  row: EventRow
  accountId: string
  fingerprint: number
  /** Whether to look up the event in the store before it is inserted. */
  needsLookup: boolean
  /** Whether the lookup found the event in the store. */
  isDuplicate: boolean
}

// Maximum number of recent events in memory, enough for the last few minutes at full load. They take about 45
// MB if each ID has 40 characters.
const MAX_RECENT = 200_000
// Maximum age of the stored events that are loaded at startup. They are needed because a browser may retry a
// request after the collector has restarted.
const REMEMBER_MS = 15 * MINUTE_MS
// Approximate size in bytes of a row without its path, query string, referrer, title and properties.
const ROW_BYTES = 1_000

/**
 * Creates the last stage of ingest. It deduplicates events by `event_id`, stores them, publishes them to
 * webhooks and then acknowledges them.
 *
 * Every event is compared with the recent events in memory, because a browser may repeat a POST request after
 * a dropped connection. Events marked `retry` are also searched for in the store. If two collectors store the
 * same event at the same time, a background job later deletes one of the two rows.
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
  // The batch being written. Its rows must not change between retries, because the store identifies them by
  // the batch ID.
  let plan: { batchId: string; items: Pending[]; rows: EventRow[]; isStored: boolean } | undefined

  const group = createGroupCommit<Pending>({
    log,
    ...(metrics && { metrics }),
    bytesOf: ({ row }) => bytesOf(row),
    accountOf: ({ accountId }) => accountId,
    // Allow senders to retry these events. If the row of an event is already stored, its retry only publishes
    // the event again.
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

  /** Returns the rows that are not in the store yet. */
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
      for (const pending of unknown) {
        const { row, fingerprint } = pending
        const renamedKey = eventKey(row.site_id, renamed(row.event_id, fingerprint))
        pending.isDuplicate = stored.has(keyOf(row)) || stored.has(renamedKey)
      }
    }
    return items.filter(({ isDuplicate }) => !isDuplicate).map(({ row }) => row)
  }

  return {
    depth: group.depth,
    isFull: () => group.isFull(),
    isFailing: group.isFailing,
    drain: group.drain,
    giveUp: group.giveUp,
    commit({ row, accountId, hasOwnId, retry }) {
      const pending = { row, accountId, fingerprint: 0, needsLookup: retry && hasOwnId, isDuplicate: false }
      if (!hasOwnId) return group.add(pending).then(() => 'stored')
      const fingerprint = (pending.fingerprint = fingerprintOf(row))
      // A sender that chooses the new ID of somebody else's event would make that event a duplicate.
      if (IS_RENAMED.test(row.event_id)) row.event_id = renamed(row.event_id, fingerprint)
      let known = recent.find(keyOf(row))
      // A sender that builds its event anew for a retry may change its content.
      const isReused = known !== undefined && known.fingerprint !== fingerprint && !retry
      if (isReused) {
        row.event_id = renamed(row.event_id, fingerprint)
        known = recent.find(keyOf(row))
      }
      if (known?.isUnpublished === true) pending.needsLookup = true
      else if (known) return known.written.then(() => 'duplicate')
      // Do not add a rejected event to the recent events, because its retry would be treated as a duplicate.
      if (group.isFull(accountId)) return group.add(pending).then(() => 'stored')
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

/** The form of the IDs that {@link renamed} returns. */
const IS_RENAMED = /~[0-9a-z]{1,7}$/

/**
 * Returns the new ID of an event whose ID belongs to a different event. The new ID is derived from the
 * event's content, so that retries of the event are recognised as duplicates.
 */
function renamed(eventId: string, fingerprint: number): string {
  return `${eventId}~${fingerprint.toString(36)}`
}

function bytesOf({ path, query, referrer, title, properties }: EventRow): number {
  return ROW_BYTES + 2 * (path.length + query.length + referrer.length + title.length + properties.length)
}

/** An event that was committed within the last few minutes. */
interface RecentEvent {
  fingerprint: number
  /** Resolves when the event is stored, or rejects if the event could not be stored. */
  written: Promise<void>
  /**
   * Whether the event is stored but not yet published to webhooks. A retry of the event is looked up in the
   * store and published.
   */
  isUnpublished?: true
}

interface RecentEvents {
  find(key: string): RecentEvent | undefined
  add(key: string, event: RecentEvent): void
  delete(key: string): void
}

/** The `written` promise of events that are already stored. */
export const ON_DISK = Promise.resolve()

/**
 * Creates a map of the last `limit` events by key. It initially contains the events in `stored`, which must
 * be sorted from oldest to newest.
 */
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
  }
}
