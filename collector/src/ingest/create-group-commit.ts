import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { ApiError, describeError } from '../errors.js'

export interface GroupCommitOptions<Item> {
  /** Writes one batch; with the same id again it must be harmless. */
  write: (items: Item[], batchId: string) => Promise<void>
  /** Told of the items of a batch that could not be written, before their promise rejects. */
  onRefused?: (items: Item[]) => void
  log: Logger
  /** Most items of one batch. */
  maxBatch?: number
  /** Most items that wait; more are refused with 503. */
  maxQueue?: number
  /** How long a batch waits for company, in milliseconds. */
  lingerMs?: number
  /** How long a failing batch is tried again before its items are refused, in milliseconds. */
  retryForMs?: number
}

export interface GroupCommit<Item> {
  /** Resolves when the item is written; rejects with `STORE_UNAVAILABLE` when it cannot be. Items of one batch share the promise. */
  add(item: Item): Promise<void>
  /** Items that wait or are being written. */
  depth(): number
  /** Resolves when everything added so far is written or refused. */
  drain(): Promise<void>
}

interface Batch<Item> {
  items: Item[]
  written: Promise<void>
  settle: (error?: ApiError) => void
}

const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 2_000
const RETRY_AFTER_S = 5

/**
 * Writes what arrives in batches, one at a time: the next batch is what arrived while the last was written.
 *
 * One insert for each event manages some hundred a second, because each waits for the disk; a batch waits once
 * for all. Nothing resolves before its batch is written. A failed batch is written again whole under its own id.
 */
export function createGroupCommit<Item>({ write, onRefused, log, maxBatch = 10_000, maxQueue = 50_000, lingerMs = 2, retryForMs = 20_000 }: GroupCommitOptions<Item>): GroupCommit<Item> {
  const queue: Batch<Item>[] = []
  let depth = 0
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    while (queue.length > 0) {
      if (queue[0]!.items.length < maxBatch) await sleep(lingerMs)
      const batch = queue.shift()!
      const error = await writeWithRetry(batch.items)
      depth -= batch.items.length
      if (error) onRefused?.(batch.items)
      batch.settle(error)
    }
    running = undefined
  }

  async function writeWithRetry(items: Item[]): Promise<ApiError | undefined> {
    const batchId = randomUUID()
    const deadline = performance.now() + retryForMs
    for (let delay = FIRST_RETRY_MS; ; delay = Math.min(delay * 2, LAST_RETRY_MS))
      try {
        await write(items, batchId)
        return undefined
      } catch (error) {
        log.warn({ batchId, items: items.length, error: describeError(error) }, 'a batch was not written')
        if (performance.now() + delay > deadline) return unavailable(error)
        await sleep(delay)
      }
  }

  return {
    add(item) {
      if (depth >= maxQueue) return Promise.reject(unavailable())
      depth++
      let batch = queue.at(-1)
      if (!batch || batch.items.length >= maxBatch) queue.push((batch = openBatch()))
      batch.items.push(item)
      running ??= run()
      return batch.written
    },
    depth: () => depth,
    async drain() {
      while (running) await running
    },
  }
}

function openBatch<Item>(): Batch<Item> {
  let settle!: Batch<Item>['settle']
  const written = new Promise<void>((resolve, reject) => {
    settle = (error) => (error ? reject(error) : resolve())
  })
  return { items: [], written, settle }
}

function unavailable(cause?: unknown): ApiError {
  return new ApiError('STORE_UNAVAILABLE', { retryAfterS: RETRY_AFTER_S, cause })
}
