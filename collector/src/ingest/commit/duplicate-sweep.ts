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
// This is longer than storing an event can take: the event waits in the queue, and its batch is then retried
// for up to ten minutes.
const WINDOW_MS = 15 * MINUTE_MS

/**
 * Creates a sweep that deletes duplicates of events that two collectors stored.
 *
 * A collector looks up a retry in the store before it inserts the event. At that moment, another collector,
 * or one that was just killed, may still be inserting the first transmission of the same event. Waiting for
 * that insert is impossible, so the sweep searches recent events for duplicates afterwards.
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
