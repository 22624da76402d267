import type { Logger } from 'pino'
import { DAY_MS } from '../../durations.js'
import { describeError } from '../../errors.js'
import type { EventStore } from '../event-store.js'

interface DuplicateSweepOptions {
  store: Pick<EventStore, 'deleteDuplicates' | 'newestReceipt'>
  /** Whether other collectors may write to the store: a collector alone makes no copies unless it dies. */
  isShared: boolean
  log: Logger
  /** @default Date.now */
  now?: () => number
}

interface DuplicateSweep {
  /** Sweeps what collectors left that died; a shared store also once a minute from then on. */
  start(): Promise<void>
  stop(): Promise<void>
}

const INTERVAL_MS = 60_000
// Longer than an event can wait until it is in the store: ten minutes in a batch of unknown fate, and its queue.
const WINDOW_MS = 15 * 60 * 1000

/**
 * Deletes the copies of events that two collectors stored.
 *
 * A collector asks the store before it stores a repeat, but the first transmission may still be on its way into
 * the store through another collector, or through one that was just killed. Nobody can wait for that. So what was
 * received lately is searched for events that are there twice.
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
      const copies = await store.deleteDuplicates(since)
      if (copies === 0) return
      log.info({ copies }, 'events that two collectors had stored were made one')
    }
  }

  async function run(): Promise<void> {
    await sweep(now() - WINDOW_MS).catch((error: unknown) =>
      log.warn(
        { error: describeError(error) },
        'events that are stored twice were not searched for; the next try is in a minute',
      ),
    )
    schedule()
  }

  function schedule(): void {
    // Collectors that were started together must not sweep together.
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
