import type { Logger } from 'pino'
import { DAY_MS, MINUTE_MS } from '../../durations.js'
import type { EventStore } from '../event-store.js'

interface DuplicateSweepOptions {
  store: Pick<EventStore, 'deleteDuplicates' | 'newestReceipt'>
  /**
   * Whether other collectors may write to the store: a single collector creates duplicates only by crashing.
   */
  isShared: boolean
  log: Logger
  /** @default Date.now */
  now?: () => number
}

export interface DuplicateSweep {
  /** Merges duplicates left by crashed collectors; run it once at start. */
  sweepAfterCrash(): Promise<void>
  /** Background job; undefined when no other collector writes to the store. */
  job: { name: string; everyMs: number; jitter: number; run(): Promise<void> } | undefined
}

const INTERVAL_MS = MINUTE_MS
// This is longer than an event can wait before it is stored: in the queue, then ten minutes of retries.
const WINDOW_MS = 15 * MINUTE_MS

/**
 * Deletes duplicates of events that two collectors stored.
 *
 * A collector looks up a repeat before storing it, but the first transmission may still be on its way into
 * the store through another collector, or one that was just killed. Waiting for that is impossible, so recent
 * events are searched for duplicates afterwards.
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
          // Collectors started together must not sweep together.
          jitter: 0.25,
          run: () => sweep(now() - WINDOW_MS),
        }
      : undefined,
  }
}
