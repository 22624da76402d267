import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { MINUTE_MS } from '../../durations.js'
import { describeError, NotStoredError } from '../../errors.js'

export interface BatchWriterOptions<Item> {
  /** Writes one batch until `signal` aborts. Writing a batch again under the same ID must be harmless. */
  write: (items: Item[], batchId: string, signal: AbortSignal) => Promise<void>
  metrics?: { attemptFailed(): void }
  log: Logger
  /** Time in milliseconds for which a batch that the store rejects is retried. @default 20000 */
  answerWithinMs?: number
  /**
   * Time in milliseconds for which a batch is retried if it is unknown whether the store wrote it.
   * @default 600000
   */
  keepMs?: number
  /** Timeout of one write attempt in milliseconds. @default 10000 */
  attemptMs?: number
}

interface BatchWriter<Item> {
  /**
   * Resolves to undefined when the batch is written, or to the last error when the writer stops retrying.
   * `openedAt` is a timestamp from `performance.now()`.
   */
  write(items: Item[], openedAt: number): Promise<{ cause: unknown } | undefined>
  /** Whether the last attempt failed and another attempt follows. */
  isFailing(): boolean
  /** Aborts the current attempt and stops all retries. */
  giveUp(): void
}

const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 2_000

/**
 * Creates a writer that retries a batch under one batch ID until the store confirms the write.
 *
 * A batch that the store rejects is retried for `answerWithinMs`, because its senders wait no longer than
 * that. If the store does not respond, the batch is retried for `keepMs`, because the store may still execute
 * the insert.
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
  /** Ends the current attempt, or the current pause between two attempts. */
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
      // The batch was given up, so no batch is being retried.
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
