import type { Logger } from 'pino'
import type { EventStore } from '../event-store.js'

interface DuplicateSweepOptions {
  store: Pick<EventStore, 'deleteDuplicates' | 'newestReceipt'>
  /** Whether other collectors may write to the store: a single collector makes no duplicates unless it dies. */
  isShared: boolean
  log: Logger
  /** @default Date.now */
  now?: () => number
}

export interface DuplicateSweep {
  /** Merges duplicates left by collectors that died. Await it before the start. */
  sweepAfterCrash(): Promise<void>
  /** Background job; undefined when no other collector writes to the store. */
  job: { name: string; everyMs: number; jitter: number; run(): Promise<void> } | undefined
}

const INTERVAL_MS = 60_000
// Longer than an event can wait before it is stored: in the queue, then ten minutes in a batch of unknown fate.
const WINDOW_MS = 15 * 60 * 1000
const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Deletes duplicates of events that two collectors stored.
 *
 * A collector looks up a repeat before storing it, but the first transmission may still be on its way into the store
 * through another collector, or one that was just killed. Waiting for that is impossible, so recent events are
 * searched for duplicates afterwards.
 */
export function createDuplicateSweep({
  store,
  isShared,
  log,
  now = Date.now,
}: DuplicateSweepOptions): DuplicateSweep {
  async function sweep(since: number): Promise<void> {
    for (;;) {
      const copies = await store.deleteDuplicates(since)
      if (copies === 0) return
      log.info({ copies }, 'merged duplicate events written by two collectors')
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
