import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { MINUTE_MS } from '../../durations.js'
import { ApiError, describeError, NotStoredError, storeUnavailable } from '../../errors.js'

interface GroupCommitOptions<Item> extends BatchWriterOptions<Item> {
  /** Receives the items of a batch that was given up, before their promise rejects. */
  onRejected?: (items: Item[]) => void
  /** Receives items that were written after their promise had rejected. */
  onWrittenLate?: (items: Item[]) => void
  metrics?: CommitMetrics
  /** Approximate memory of a queued item. @default 0 */
  bytesOf?: (item: Item) => number
  /** Maximum items per batch. @default 10000 */
  maxBatch?: number
  /** A batch of this size accepts no more items. @default 16 MiB */
  maxBatchBytes?: number
  /** Maximum queued items; further ones are rejected. @default 50000 */
  maxQueue?: number
  /** Maximum bytes of queued items; further ones are rejected. @default 64 MiB */
  maxQueueBytes?: number
  /** The time that a batch waits for more items, in milliseconds. @default 2 */
  lingerMs?: number
  /**
   * The time that an item waits, in milliseconds; after it the item is rejected, though its batch may be
   * retried further.
   * @default 20000
   */
  answerWithinMs?: number
}

/** Observer of write latency and failures. */
export interface CommitMetrics {
  /** A batch was written or given up, `elapsedMs` after its first item. */
  batchFinished(items: number, elapsedMs: number): void
  attemptFailed(): void
}

export interface GroupCommit<Item> {
  /**
   * Resolves when the item is written; rejects with `STORE_UNAVAILABLE` on failure or timeout. Items of one
   * batch share the promise.
   */
  add(item: Item): Promise<void>
  /** Whether `add` rejects. */
  isFull(): boolean
  /** Items queued or being written. */
  depth(): number
  /** Whether a batch failed and is being retried. */
  isFailing(): boolean
  /** Resolves when everything added before the call is written or rejected, regardless of later items. */
  drain(): Promise<void>
  /** Rejects queued and future items. It is meant for a shutdown while the store does not answer. */
  giveUp(): void
}

interface Batch<Item> {
  items: Item[]
  bytes: number
  openedAt: number
  /** The promise that `add` returns. */
  written: Promise<void>
  /** Resolves when writing ended, possibly after `written` timed out. */
  finished: Promise<void>
  finish: () => void
  /** Resolves or rejects `written`. Returns false when it was settled before. */
  settle: (error?: ApiError) => boolean
}

// While the store is away, later items start a new batch and so get their full timeout.
const OPEN_FOR_MS = 1_000
const MEBIBYTE = 1024 * 1024

/**
 * Writes items in batches, one batch at a time: the next batch collects the items that arrive during the
 * current write.
 *
 * Single inserts reach some hundred events a second, because each waits for the disk; a batch waits once.
 * Nothing resolves before its batch is written. A failed batch is retried whole under its own id.
 *
 * Senders get an answer in bounded time, if necessary 503. The batch is retried until its state is known: an
 * engine that hung may still execute the insert, and only the same batch id keeps a repeat from being counted
 * twice.
 */
export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const {
    onRejected,
    onWrittenLate,
    metrics,
    bytesOf = () => 0,
    maxBatch = 10_000,
    maxBatchBytes = 16 * MEBIBYTE,
    maxQueue = 50_000,
    maxQueueBytes = 64 * MEBIBYTE,
    lingerMs = 2,
    answerWithinMs = 20_000,
  } = options
  const writer = createBatchWriter(options)
  const queue: Batch<Item>[] = []
  let depth = 0
  let bytes = 0
  let isClosed = false
  let current: Batch<Item> | undefined
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    while (queue.length > 0) {
      if (!isComplete(queue[0]!)) await sleep(lingerMs)
      const batch = (current = queue.shift()!)
      const failure = await writer.write(batch.items, batch.openedAt)
      depth -= batch.items.length
      bytes -= batch.bytes
      if (failure) onRejected?.(batch.items)
      if (!batch.settle(failure && unavailable(failure.cause)) && !failure) onWrittenLate?.(batch.items)
      metrics?.batchFinished(batch.items.length, performance.now() - batch.openedAt)
      batch.finish()
    }
    current = undefined
    running = undefined
  }

  const isComplete = (batch: Batch<Item>) => batch.items.length >= maxBatch || batch.bytes >= maxBatchBytes
  const isFull = () => isClosed || depth >= maxQueue || bytes >= maxQueueBytes

  return {
    add(item) {
      if (isFull()) return Promise.reject(unavailable())
      const itemBytes = bytesOf(item)
      depth++
      bytes += itemBytes
      let batch = queue.at(-1)
      if (!batch || isComplete(batch) || performance.now() - batch.openedAt > OPEN_FOR_MS)
        queue.push((batch = openBatch(answerWithinMs)))
      batch.items.push(item)
      batch.bytes += itemBytes
      running ??= run()
      return batch.written
    },
    isFull,
    depth: () => depth,
    isFailing: writer.isFailing,
    async drain() {
      await (queue.at(-1) ?? current)?.finished
    },
    giveUp() {
      isClosed = true
      writer.giveUp()
    },
  }
}

function openBatch<Item>(answerWithinMs: number): Batch<Item> {
  let settle!: Batch<Item>['settle']
  const written = new Promise<void>((resolve, reject) => {
    let isSettled = false
    settle = (error) => {
      if (isSettled) return false
      isSettled = true
      clearTimeout(timeout)
      if (error) reject(error)
      else resolve()
      return true
    }
  })
  const timeout = setTimeout(() => settle(unavailable()), answerWithinMs)
  let finish!: () => void
  const finished = new Promise<void>((resolve) => (finish = resolve))
  return { items: [], bytes: 0, openedAt: performance.now(), written, settle, finished, finish }
}

function unavailable(cause?: unknown): ApiError {
  return storeUnavailable({ cause })
}

export interface BatchWriterOptions<Item> {
  /** Writes one batch; aborts with the signal. Writing the same id again must be harmless. */
  write: (items: Item[], batchId: string, signal: AbortSignal) => Promise<void>
  metrics?: { attemptFailed(): void }
  log: Logger
  /** The time for which a batch that the store rejects is retried, in milliseconds. @default 20000 */
  answerWithinMs?: number
  /** The time for which a batch in an unknown state is retried, in milliseconds. @default 600000 */
  keepMs?: number
  /** Timeout of one attempt, in milliseconds. @default 10000 */
  attemptMs?: number
}

interface BatchWriter<Item> {
  /**
   * Resolves once the batch is written, or with the last error when retrying stops. `openedAt` is by
   * `performance.now()`.
   */
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
 * A batch that the store rejects is retried for `answerWithinMs`, as long as its senders wait. Without an
 * answer it is retried for `keepMs`, because the store may still execute the insert.
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
