import { DEDUPLICATION_WINDOW_MS } from '@zenovay/tracker/contract'
import type { Logger } from 'pino'
import { fingerprintOf } from '../event-row.js'
import type { EventRow } from '../event-row.js'
import { eventKey, type EventKey, type EventStore } from '../event-store.js'
import { type CommitMetrics, createGroupCommit } from './group-commit.js'
import { createRecentEvents, ON_DISK } from './recent-events.js'

/** A row on its way to the store. */
interface Candidate {
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

interface EventCommitServices {
  store: EventStore
  log: Logger
  watch?: CommitMetrics
  /** Told that an event is kept under a new id, because another event has its own. */
  onReuse?: () => void
  /**
   * Told of every batch when it is stored, before it is acknowledged, repeats that the store knew already with it: their first transmission
   * may have been cut off in between. While it rejects the batch is tried again.
   */
  publish?: (items: readonly { row: EventRow }[]) => Promise<void> | undefined
  /** @default Date.now */
  now?: () => number
}

interface Pending {
  row: EventRow
  fingerprint: number
  /** To be looked up in the store. */
  isSuspect: boolean
  /** The store knew it already. */
  isRepeat: boolean
}

// Ids of the last minutes at full load; with ids of 40 characters about 45 MB.
const MAX_RECENT = 200_000
// What a browser sends again on its own comes within seconds, also when the collector restarted meanwhile.
const REMEMBER_MS = 15 * 60 * 1000

/**
 * The last stage of ingest: exactly once by `event_id`, then durable, then acknowledged.
 *
 * Repeats marked `retry` are looked up in the store. All others are looked for among the recent events in memory,
 * filled from the store at start, because browsers themselves send a POST again after a dropped connection.
 * A repeat of an event that is still being written waits for that write. What two collectors store at the same
 * moment is for the sweep of the copies.
 */
export async function createEventCommit({
  store,
  log,
  watch,
  onReuse,
  publish,
  now = Date.now,
}: EventCommitServices): Promise<EventCommit> {
  const recent = createRecentEvents(MAX_RECENT, await store.recentEvents(now() - REMEMBER_MS, MAX_RECENT))
  // Of the batch that is being written: at another try it holds the same rows, because its id stands for them.
  let plan: { batchId: string; items: Pending[]; rows: EventRow[]; isStored: boolean } | undefined

  const group = createGroupCommit<Pending>({
    log,
    ...(watch && { watch }),
    bytesOf: ({ row }) => bytesOf(row),
    // What was refused must be taken when it comes again: only told, when it is stored.
    onRefused(items) {
      const isStored = plan?.items === items && plan.isStored
      for (const { row, fingerprint } of items) {
        if (isStored) recent.add(keyOf(row), { fingerprint, written: ON_DISK, isUntold: true })
        else recent.forget(keyOf(row))
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

  /** The rows that the store does not have; those of a reused id under their new one. */
  async function selectNew(items: Pending[], signal: AbortSignal): Promise<EventRow[]> {
    const suspects = items.filter(({ isSuspect }) => isSuspect)
    if (suspects.length > 0) {
      const ids = suspects.flatMap(({ row, fingerprint }): EventKey[] =>
        [row.event_id, renamed(row.event_id, fingerprint)].map((eventId) => ({
          siteId: row.site_id,
          eventId,
        })),
      )
      const stored = await store.findStored(ids, now() - DEDUPLICATION_WINDOW_MS, signal)
      for (const suspect of suspects) judge(suspect, stored)
    }
    return items.filter(({ isRepeat }) => !isRepeat).map(({ row }) => row)
  }

  function judge(suspect: Pending, stored: Map<string, number[]>): void {
    const { row, fingerprint } = suspect
    const key = keyOf(row)
    const others = stored.get(key)
    const renamedKey = eventKey(row.site_id, renamed(row.event_id, fingerprint))
    suspect.isRepeat = others?.includes(fingerprint) === true || stored.has(renamedKey)
    if (!others || others.includes(fingerprint)) return
    recent.rename(key, renamedKey, others[0]!)
    row.event_id = renamed(row.event_id, fingerprint)
    if (!suspect.isRepeat) onReuse?.()
  }

  return {
    depth: group.depth,
    isFull: group.isFull,
    isFailing: group.isFailing,
    drain: group.drain,
    giveUp: group.giveUp,
    commit({ row, hasOwnId, retry }) {
      const pending = { row, fingerprint: 0, isSuspect: retry && hasOwnId, isRepeat: false }
      if (!hasOwnId) return group.add(pending).then(() => 'stored')
      const fingerprint = (pending.fingerprint = fingerprintOf(row))
      let known = recent.find(keyOf(row))
      const isReused = known !== undefined && known.fingerprint !== fingerprint
      if (isReused) {
        row.event_id = renamed(row.event_id, fingerprint)
        known = recent.find(keyOf(row))
      }
      if (known?.isUntold === true) pending.isSuspect = true
      else if (known) return known.written.then(() => 'duplicate')
      // What is not taken is not remembered either: it must be taken when it comes again.
      if (group.isFull()) return group.add(pending).then(() => 'stored')
      const written = group.add(pending)
      recent.add(keyOf(row), { fingerprint, written })
      if (isReused) onReuse?.()
      return written.then(() => (pending.isRepeat ? 'duplicate' : 'stored'))
    },
  }
}

function keyOf(row: EventRow): string {
  return eventKey(row.site_id, row.event_id)
}

/** The id of an event whose own belongs to another: always the same, so that its repeats are known, too. */
function renamed(eventId: string, fingerprint: number): string {
  return `${eventId}~${fingerprint.toString(36)}`
}

// A row without its texts.
const ROW_BYTES = 1_000

function bytesOf({ path, query, referrer, title, properties }: EventRow): number {
  return ROW_BYTES + 2 * (path.length + query.length + referrer.length + title.length + properties.length)
}
