import type { Logger } from 'pino'
import { DAY_MS, MINUTE_MS } from '../../durations.js'
import type { EventStore } from '../event-store.js'

interface DuplicateSweepOptions {
  store: Pick<EventStore, 'deleteDuplicates' | 'newestReceipt'>
  /**
   * Whether other collectors may write to the store. A single collector creates duplicates only if it
   * crashes.
   */
  isShared: boolean
  log: Logger
  /** Returns the current Unix time in milliseconds. @default Date.now */
  now?: () => number
}

export interface DuplicateSweep {
  /** Deletes duplicates that crashed collectors left in the store. Call this once at startup. */
  sweepAfterCrash(): Promise<void>
  /** The background job, or undefined if no other collector writes to the store. */
  job: { name: string; everyMs: number; jitter: number; run(): Promise<void> } | undefined
}

const INTERVAL_MS = MINUTE_MS
// Maximum age of the events to search for duplicates. It exceeds the time that storing an event can take,
// because a failed batch is retried for up to ten minutes.
const WINDOW_MS = 15 * MINUTE_MS

/**
 * Creates a job that deletes the duplicates of events that two collectors stored.
 *
 * If an event was sent before, a collector searches the store for it before the insert. It cannot find an
 * event that another collector, or one that was just killed, is still inserting. Both inserts then succeed,
 * so this job deletes the duplicate afterwards.
 */
export function createDuplicateSweep({
  store,
  isShared,
  log,
  now = Date.now,
}: DuplicateSweepOptions): DuplicateSweep {
  async function sweep(since: number): Promise<void> {
    for (;;) {
      const duplicates = await store.deleteDuplicates(since)
      if (duplicates === 0) return
      log.info({ duplicates }, 'merged duplicate events written by two collectors')
    }
  }

  return {
    async sweepAfterCrash() {
      const newest = await store.newestReceipt(now() - DAY_MS)
      if (newest > 0) await sweep(Math.min(newest, now()) - WINDOW_MS)
    },
    job: isShared
      ? {
          name: 'duplicate-sweep',
          everyMs: INTERVAL_MS,
          // The jitter prevents collectors that started together from sweeping at the same time.
          jitter: 0.25,
          run: () => sweep(now() - WINDOW_MS),
        }
      : undefined,
  }
}
