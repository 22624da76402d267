import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { ApiError } from '../../errors.js'
import { createBatchWriter } from './batch-writer.js'

export interface GroupCommitOptions<Item> {
  /** Writes one batch, or gives up when the signal says so; with the same id again it must be harmless. */
  write: (items: Item[], batchId: string, signal: AbortSignal) => Promise<void>
  /** Told of the items of a batch that is given up, before their promise rejects. */
  onRefused?: (items: Item[]) => void
  /** Told of items that were written after all, when their promise had rejected already. */
  onWrittenLate?: (items: Item[]) => void
  watch?: CommitMetrics
  /** About how much memory an item holds while it waits. */
  bytesOf?: (item: Item) => number
  log: Logger
  /** Most items of one batch. */
  maxBatch?: number
  /** A batch that holds this much takes no more items. */
  maxBatchBytes?: number
  /** Most items that wait; more are refused with 503. */
  maxQueue?: number
  /** More are refused while those that wait hold this much. */
  maxQueueBytes?: number
  /** How long a batch waits for company, in milliseconds. */
  lingerMs?: number
  /** How long an item waits for its answer, in milliseconds; then it is refused, though its batch may go on. */
  answerWithinMs?: number
  /** How long a batch is kept of which nobody knows whether it is written, in milliseconds. */
  keepMs?: number
  /** Longest time of one attempt, in milliseconds. */
  attemptMs?: number
}

/** Told how writing goes. */
export interface CommitMetrics {
  /** A batch is written or given up; `elapsedMs` since its first item came. */
  settled(items: number, elapsedMs: number): void
  /** A batch was not written at this attempt. */
  attemptFailed(): void
}

export interface GroupCommit<Item> {
  /** Resolves when the item is written; rejects with `STORE_UNAVAILABLE` when it cannot be, or not in time. Items of one batch share the promise. */
  add(item: Item): Promise<void>
  /** Whether `add` refuses what comes. */
  isFull(): boolean
  /** Items that wait or are being written. */
  depth(): number
  /** Whether a batch failed and is being tried again. */
  isFailing(): boolean
  /** Resolves when everything added before the call is written or refused, whatever is added meanwhile. */
  drain(): Promise<void>
  /** Refuses what still waits and all that comes: the end, when the store does not answer. */
  giveUp(): void
}

export interface Batch<Item> {
  items: Item[]
  bytes: number
  openedAt: number
  written: Promise<void>
  /** Resolves when its fate is known, which may be after those who waited got their answer. */
  finished: Promise<void>
  finish: () => void
  /** Answers those who wait; a second call does nothing. Returns whether this was the first. */
  settle: (error?: ApiError) => boolean
}

// While the store is away: what came later gets its full time to wait.
const OPEN_FOR_MS = 1_000
const RETRY_AFTER_S = 5
const MEBIBYTE = 1024 * 1024

/**
 * Writes what arrives in batches, one at a time: the next batch is what arrived while the last was written.
 *
 * One insert for each event manages some hundred a second, because each waits for the disk; a batch waits once
 * for all. Nothing resolves before its batch is written. A failed batch is written again whole under its own id.
 *
 * Who waits gets an answer in bounded time, 503 if need be. The batch itself goes on until it is known whether it
 * is written: an engine that hung may still execute the insert that it was sent, and then only the same batch id
 * keeps the repeat from being counted again.
 */
export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const {
    onRefused,
    onWrittenLate,
    watch,
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
  let isOver = false
  let current: Batch<Item> | undefined
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    while (queue.length > 0) {
      if (!isComplete(queue[0]!)) await sleep(lingerMs)
      const batch = (current = queue.shift()!)
      const failure = await writer.write(batch)
      depth -= batch.items.length
      bytes -= batch.bytes
      if (failure) onRefused?.(batch.items)
      if (!batch.settle(failure && unavailable(failure.cause)) && !failure) onWrittenLate?.(batch.items)
      watch?.settled(batch.items.length, performance.now() - batch.openedAt)
      batch.finish()
    }
    current = undefined
    running = undefined
  }

  const isComplete = (batch: Batch<Item>) => batch.items.length >= maxBatch || batch.bytes >= maxBatchBytes
  const isFull = () => isOver || depth >= maxQueue || bytes >= maxQueueBytes

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
      isOver = true
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
      clearTimeout(impatience)
      if (error) reject(error)
      else resolve()
      return true
    }
  })
  const impatience = setTimeout(() => settle(unavailable()), answerWithinMs)
  let finish!: () => void
  const finished = new Promise<void>((resolve) => (finish = resolve))
  return { items: [], bytes: 0, openedAt: performance.now(), written, settle, finished, finish }
}

function unavailable(cause?: unknown): ApiError {
  return new ApiError('STORE_UNAVAILABLE', { retryAfterS: RETRY_AFTER_S, cause })
}
