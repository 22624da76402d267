import { DEDUPLICATION_WINDOW_MS } from '@zenovay/tracker/contract'
import type { Logger } from 'pino'
import { AgedMap } from '../../cache.js'
import { MINUTE_MS } from '../../durations.js'
import { type EventRow, fingerprintOf } from '../event-row.js'
import { eventKey, type EventStore, type StoredEvent, type StoredVersion } from '../event-store.js'
import { type IdSpace, toStoredIds } from './event-id.js'
import { type CommitMetrics, createGroupCommit } from './group-commit.js'

/** An event that is ready to be stored. */
interface Candidate {
  /** The row to store. {@link EventCommit.commit} changes its `event_id` to the ID under which it is stored. */
  row: EventRow
  accountId: string
  /** Whether the sender chose the event ID. An event without such an ID cannot be a duplicate. */
  hasOwnId: boolean
  /**
   * Whether the sender sent the event before. If so, the store is searched for the event before the insert.
   */
  retry: boolean
  /** Who else may send this event ID. */
  idSpace: IdSpace
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
  /** Returns the greatest number of deliveries that the publication of an event writes. @default 0 */
  maxDeliveries?: (row: EventRow) => number
  /** Returns the current Unix time in milliseconds. @default Date.now */
  now?: () => number
}

interface Pending {
  row: EventRow
  accountId: string
  /** Key of the event among the recent events. */
  key: string
  fingerprint: number
  isShared: boolean
  /** What to look up in the store before the event is inserted, or undefined to insert it without a lookup. */
  lookup: Lookup | undefined
  /** Whether the lookup found the event in the store. */
  isDuplicate: boolean
}

interface Lookup {
  /** The event is a duplicate if one of these IDs is stored. */
  ids: string[]
  /**
   * The event is a duplicate if one of these IDs is stored with the same content, visitor and session. They are
   * the IDs that events with an API key had before these got IDs of their own: such an event may be sent again
   * after an upgrade. Anybody can take these IDs, but only with an event of the same visit.
   */
  sameVisitIds: string[]
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
  maxDeliveries = () => 0,
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
    // A delivery takes about as long to write as an event.
    costOf: ({ row }) => 1 + maxDeliveries(row),
    // Allow senders to retry these events. If the row of an event is already stored, its retry only publishes
    // the event again.
    onRejected(items) {
      const isStored = plan?.items === items && plan.isStored
      for (const { key, fingerprint, isShared } of items) {
        if (isStored) recent.add(key, { fingerprint, isShared, written: ON_DISK, isUnpublished: true })
        else recent.delete(key)
      }
    },
    onWrittenLate(items) {
      for (const { key, fingerprint, isShared } of items)
        recent.add(key, { fingerprint, isShared, written: ON_DISK })
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
    const keys = items.flatMap(({ row: { site_id: siteId }, lookup }) =>
      lookup ? [...lookup.ids, ...lookup.sameVisitIds].map((eventId) => ({ siteId, eventId })) : [],
    )
    if (keys.length > 0) {
      const stored = await store.findStored(keys, now() - DEDUPLICATION_WINDOW_MS, signal)
      for (const pending of items) {
        const storedId = findStoredId(pending, stored)
        if (storedId === undefined) continue
        pending.isDuplicate = true
        // Webhooks recognise an event that was already published by its ID.
        pending.row.event_id = storedId
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
    commit({ row, accountId, hasOwnId, retry, idSpace }) {
      const pending: Pending = {
        row,
        accountId,
        key: keyOf(row),
        fingerprint: 0,
        isShared: false,
        lookup: undefined,
        isDuplicate: false,
      }
      if (!hasOwnId) return group.add(pending).then(() => 'stored')
      const fingerprint = (pending.fingerprint = fingerprintOf(row))
      const sentId = row.event_id
      const { eventId, renamedId } = toStoredIds(sentId, fingerprint, idSpace)
      row.event_id = eventId
      let known = recent.find((pending.key = keyOf(row)))
      const isShared = (pending.isShared = idSpace === 'shared' || known?.isShared === true)
      // A sender that rebuilds its event for a retry may change its content, and so may a server that sends the
      // event of a browser.
      const isReused = known !== undefined && known.fingerprint !== fingerprint && !retry && !isShared
      if (isReused) {
        row.event_id = renamedId
        known = recent.find((pending.key = keyOf(row)))
      }
      if (known && known.isUnpublished !== true) return known.written.then(() => 'duplicate')
      if (retry || isShared || known) {
        const before = idSpace === 'keyed' ? toStoredIds(sentId, fingerprint, 'public') : undefined
        pending.lookup = {
          ids: [renamedId, eventId],
          sameVisitIds: before ? [before.eventId, before.renamedId] : [],
        }
      }
      // Do not add a rejected event to the recent events, because its retry would be treated as a duplicate.
      if (group.isFull(accountId)) return group.add(pending).then(() => 'stored')
      const written = group.add(pending)
      recent.add(pending.key, { fingerprint, isShared, written })
      if (isReused) onReuse?.()
      return written.then(() => (pending.isDuplicate ? 'duplicate' : 'stored'))
    },
  }
}

function keyOf(row: EventRow): string {
  return eventKey(row.site_id, row.event_id)
}

/** Returns the ID under which the event is stored, or undefined if it is not stored. */
function findStoredId(
  { row, fingerprint, lookup }: Pending,
  stored: Map<string, StoredVersion[]>,
): string | undefined {
  const versionsOf = (id: string) => stored.get(eventKey(row.site_id, id)) ?? []
  const isSameVisit = (version: StoredVersion) =>
    version.fingerprint === fingerprint &&
    version.visitorId === row.visitor_id &&
    version.sessionId === row.session_id
  return (
    lookup?.ids.find((id) => versionsOf(id).length > 0) ??
    lookup?.sameVisitIds.find((id) => versionsOf(id).some(isSameVisit))
  )
}

function bytesOf({ path, query, referrer, title, properties }: EventRow): number {
  return ROW_BYTES + 2 * (path.length + query.length + referrer.length + title.length + properties.length)
}

/** An event that was committed within the last few minutes. */
interface RecentEvent {
  fingerprint: number
  /** Whether a browser and a server may send the event with different content. */
  isShared: boolean
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
  for (const { key, fingerprint } of stored)
    events.set(key, { fingerprint, isShared: false, written: ON_DISK })

  return {
    find: (key) => events.get(key),
    add(key, event) {
      events.set(key, event)
      if (events.size > limit) void events.dropOldest()
    },
    delete: (key) => void events.delete(key),
  }
}
