import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { MINUTE_MS } from '../../durations.js'
import { describeError, NotStoredError } from '../../errors.js'

export interface BatchWriterOptions<Item> {
  /** Writes one batch; aborts with the signal. Writing the same id again must be harmless. */
  write: (items: Item[], batchId: string, signal: AbortSignal) => Promise<void>
  metrics?: { attemptFailed(): void }
  log: Logger
  /** How long a batch that the store rejects is retried, in milliseconds. @default 20000 */
  answerWithinMs?: number
  /** How long a batch in an unknown state is retried, in milliseconds. @default 600000 */
  keepMs?: number
  /** Timeout of one attempt, in milliseconds. @default 10000 */
  attemptMs?: number
}

interface BatchWriter<Item> {
  /** Resolves once the batch is written, or with the last error when retrying stops. `openedAt` is by `performance.now()`. */
  write(items: Item[], openedAt: number): Promise<{ cause: unknown } | undefined>
  /** Whether the last attempt failed and another follows. */
  isFailing(): boolean
  /** Aborts the current attempt and stops retrying. */
  giveUp(): void
}

const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 2_000

/**
 * Writes a batch with retries under one id, until the store confirms it.
 *
 * A batch that the store rejects is retried for `answerWithinMs`, as long as its senders wait. Without an answer it
 * is retried for `keepMs`, because the store may still execute the insert.
 */
export function createBatchWriter<Item>({
  write,
  metrics,
  log,
  answerWithinMs = 20_000,
  keepMs = 10 * MINUTE_MS,
  attemptMs = 10_000,
}: BatchWriterOptions<Item>): BatchWriter<Item> {
  let isClosed = false
  let isFailing = false
  /** Ends the current attempt or pause. */
  let interrupt = () => {}

  async function attempt(items: Item[], batchId: string): Promise<void> {
    const abort = new AbortController()
    const timer = setTimeout((interrupt = () => abort.abort()), attemptMs)
    try {
      await write(items, batchId, abort.signal)
    } finally {
      clearTimeout(timer)
    }
  }

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      interrupt = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  return {
    async write(items, openedAt) {
      const batchId = randomUUID()
      let cause: unknown
      for (let delay = FIRST_RETRY_MS; !isClosed; delay = Math.min(delay * 2, LAST_RETRY_MS)) {
        try {
          await attempt(items, batchId)
          isFailing = false
          return undefined
        } catch (error) {
          cause = error
          isFailing = true
          metrics?.attemptFailed()
          log.warn({ batchId, items: items.length, error: describeError(error) }, 'batch write failed')
        }
        const retryForMs = cause instanceof NotStoredError ? answerWithinMs : keepMs
        if (isClosed || performance.now() - openedAt + delay > retryForMs) break
        await pause(delay)
      }
      // Nothing is being retried until the next batch fails.
      isFailing = false
      return { cause }
    },
    isFailing: () => isFailing,
    giveUp() {
      isClosed = true
      interrupt()
    },
  }
}
