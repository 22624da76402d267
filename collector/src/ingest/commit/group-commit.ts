import { setTimeout as sleep } from 'node:timers/promises'
import { type ApiError, storeUnavailable } from '../../errors.js'
import { type BatchWriterOptions, createBatchWriter } from './batch-writer.js'

interface GroupCommitOptions<Item> extends BatchWriterOptions<Item> {
  /** Called with the items of a batch that was given up, before the promise of these items rejects. */
  onRejected?: (items: Item[]) => void
  /** Called with items that were written after their promise had already rejected. */
  onWrittenLate?: (items: Item[]) => void
  metrics?: CommitMetrics
  /** Returns the approximate memory of a queued item in bytes. @default 0 */
  bytesOf?: (item: Item) => number
  /** Returns the account of an item. @default all items belong to one account */
  accountOf?: (item: Item) => string
  /** Returns the work of writing an item, in units of {@link GroupCommitOptions.maxCostPerAccount}. @default 1 */
  costOf?: (item: Item) => number
  /**
   * Maximum cost of the items of one account per batch while several accounts add items, so that no account makes the
   * batches of the others long. The last of the items may exceed it.
   * @default 500
   */
  maxCostPerAccount?: number
  /** Maximum number of items per batch. @default 10000 */
  maxBatch?: number
  /** Size in bytes at which a batch accepts no more items. @default 16 MiB */
  maxBatchBytes?: number
  /** Maximum number of items queued or being written. Further items are rejected. @default 50000 */
  maxQueue?: number
  /** Maximum memory of items queued or being written. Further items are rejected. @default 64 MiB */
  maxQueueBytes?: number
  /** Time in milliseconds that a batch waits for more items before it is written. @default 2 */
  lingerMs?: number
  /**
   * Time in milliseconds after which the items of an unwritten batch are rejected. The batch itself may be
   * retried for longer.
   * @default 20000
   */
  answerWithinMs?: number
}

/** Receives the latency and the failures of batch writes. */
export interface CommitMetrics {
  /** Called when a batch was written or given up, `elapsedMs` milliseconds after its first item was added. */
  batchFinished(items: number, elapsedMs: number): void
  attemptFailed(): void
}

export interface GroupCommit<Item> {
  /**
   * Resolves when the item is written. Rejects with `STORE_UNAVAILABLE` if the queue is full, or if the write
   * fails or times out. All items of a batch share one promise.
   */
  add(item: Item): Promise<void>
  /** Whether {@link add} currently rejects new items of all accounts, or of the given one. */
  isFull(account?: string): boolean
  /** Returns the number of items that are queued or being written. */
  depth(): number
  /** Whether a batch failed and is being retried. */
  isFailing(): boolean
  /** Resolves when every item added before this call is written or rejected, regardless of later items. */
  drain(): Promise<void>
  /** Rejects all queued and future items. Call this at shutdown if the store does not respond. */
  giveUp(): void
}

interface Batch<Item> {
  items: Item[]
  /** Number and cost of the items by account. */
  shares: Map<string, { items: number; cost: number }>
  bytes: number
  openedAt: number
  /** The promise that `add` returns for every item of the batch. */
  written: Promise<void>
  /** Resolves when the batch is written or given up, even if `written` timed out before. */
  finished: Promise<void>
  finish: () => void
  /** Resolves or rejects `written`. Returns false if `written` was already settled. */
  settle: (error?: ApiError) => boolean
}

// Time in milliseconds for which a waiting batch accepts new items. Later items start a new batch, because
// all items of a batch share one timeout.
const OPEN_FOR_MS = 1_000
// While several accounts add items, a waiting batch accepts items for longer: an item then joins the first batch with
// room for its account, instead of the last one.
const SHARED_OPEN_FOR_MS = 5_000
// Time for which the accounts share the batches after two of them have added items.
const SHARED_FOR_MS = 10_000
const MEBIBYTE = 1024 * 1024

/** Default limits of the queue. */
export const QUEUE = {
  maxItems: 50_000,
  maxBytes: 64 * MEBIBYTE,
  /** Share of the queue that one account may fill while several accounts add items. */
  maxShare: 0.5,
  maxCostPerAccount: 500,
}

/**
 * Creates a group commit, which writes items in batches, one batch at a time. Items that arrive during a
 * write are collected for the next batch.
 *
 * Each write waits for the disk, so writing every event separately would limit the collector to a few hundred
 * events per second. A failed batch is retried as a whole.
 *
 * If a batch is not written in time, its senders receive status 503. The batch is still retried, because a
 * store that did not respond may have executed the insert. All attempts have the same batch ID, which
 * prevents a retry from storing the items twice.
 */
export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const {
    onRejected,
    onWrittenLate,
    metrics,
    bytesOf = () => 0,
    accountOf = () => '',
    costOf = () => 1,
    maxCostPerAccount = QUEUE.maxCostPerAccount,
    maxBatch = 10_000,
    maxBatchBytes = 16 * MEBIBYTE,
    maxQueue = QUEUE.maxItems,
    maxQueueBytes = QUEUE.maxBytes,
    lingerMs = 2,
    answerWithinMs = 20_000,
  } = options
  const writer = createBatchWriter(options)
  const queue: Batch<Item>[] = []
  const depthOf = new Map<string, number>()
  let depth = 0
  let bytes = 0
  let lastAccount: string | undefined
  let sharedUntil = -Infinity
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
      for (const [account, { items }] of batch.shares) countOf(account, -items)
      if (failure) onRejected?.(batch.items)
      if (!batch.settle(failure && unavailable(failure.cause)) && !failure) onWrittenLate?.(batch.items)
      metrics?.batchFinished(batch.items.length, performance.now() - batch.openedAt)
      batch.finish()
    }
    current = undefined
    running = undefined
  }

  const isComplete = (batch: Batch<Item>) => batch.items.length >= maxBatch || batch.bytes >= maxBatchBytes
  const isFull = (account?: string) =>
    isClosed || depth >= maxQueue || bytes >= maxQueueBytes || (account !== undefined && isOverShare(account))
  const isOverShare = (account: string) =>
    performance.now() < sharedUntil && (depthOf.get(account) ?? 0) >= maxQueue * QUEUE.maxShare

  function countOf(account: string, change: number): void {
    const count = (depthOf.get(account) ?? 0) + change
    if (count > 0) depthOf.set(account, count)
    else depthOf.delete(account)
  }

  /** Returns the batch that an item of the account joins, if it need not open a new one. */
  function findBatch(account: string, now: number): Batch<Item> | undefined {
    const isOpen = (batch: Batch<Item>, forMs: number) => !isComplete(batch) && now - batch.openedAt <= forMs
    if (now < sharedUntil)
      return queue.find(
        (batch) =>
          isOpen(batch, SHARED_OPEN_FOR_MS) && (batch.shares.get(account)?.cost ?? 0) < maxCostPerAccount,
      )
    const last = queue.at(-1)
    return last && isOpen(last, OPEN_FOR_MS) ? last : undefined
  }

  return {
    add(item) {
      const [account, now] = [accountOf(item), performance.now()]
      if (lastAccount !== undefined && account !== lastAccount) sharedUntil = now + SHARED_FOR_MS
      lastAccount = account
      if (isFull(account)) return Promise.reject(unavailable())
      const itemBytes = bytesOf(item)
      depth++
      bytes += itemBytes
      countOf(account, 1)
      let batch = findBatch(account, now)
      if (!batch) queue.push((batch = openBatch(answerWithinMs)))
      batch.items.push(item)
      batch.bytes += itemBytes
      const share = batch.shares.get(account) ?? { items: 0, cost: 0 }
      share.items++
      share.cost += costOf(item)
      batch.shares.set(account, share)
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
  return {
    items: [],
    shares: new Map(),
    bytes: 0,
    openedAt: performance.now(),
    written,
    settle,
    finished,
    finish,
  }
}

function unavailable(cause?: unknown): ApiError {
  return storeUnavailable({ cause })
}
