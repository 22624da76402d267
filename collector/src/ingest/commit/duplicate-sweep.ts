import type { Logger } from 'pino'
import { describeError } from '../../errors.js'
import type { EventStore } from '../event-store.js'

interface DuplicateSweepOptions {
  store: Pick<EventStore, 'deleteDuplicates' | 'newestReceipt'>
  /** Whether other collectors may write to the store; a single collector creates duplicates only by crashing. */
  isShared: boolean
  log: Logger
  /** @default Date.now */
  now?: () => number
}

interface DuplicateSweep {
  /** Deletes the duplicates of crashed collectors; on a shared store, repeats about once a minute. */
  start(): Promise<void>
  stop(): Promise<void>
}

const INTERVAL_MS = 60_000
// Longer than an event can wait before it is stored: ten minutes of retries, plus its time in the queue.
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
  let timer: NodeJS.Timeout | undefined
  let sweeping = Promise.resolve()

  async function sweep(since: number): Promise<void> {
    for (;;) {
      const duplicates = await store.deleteDuplicates(since)
      if (duplicates === 0) return
      log.info({ duplicates }, 'merged duplicate events written by two collectors')
    }
  }

  async function run(): Promise<void> {
    await sweep(now() - WINDOW_MS).catch((error: unknown) =>
      log.warn({ error: describeError(error) }, 'duplicate sweep failed; will retry in a minute'),
    )
    schedule()
  }

  function schedule(): void {
    // Jitter: collectors started together must not sweep together.
    timer = setTimeout(
      () => {
        sweeping = run()
      },
      INTERVAL_MS * (0.75 + Math.random() / 2),
    ).unref()
  }

  return {
    async start() {
      const newest = await store.newestReceipt(now() - DAY_MS)
      if (newest > 0) await sweep(Math.min(newest, now()) - WINDOW_MS)
      if (isShared) schedule()
    },
    async stop() {
      clearTimeout(timer)
      await sweeping
      clearTimeout(timer)
    },
  }
}
