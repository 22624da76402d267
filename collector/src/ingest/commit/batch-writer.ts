import { randomUUID } from 'node:crypto'
import { describeError, NotStoredError } from '../../errors.js'
import type { Batch, GroupCommitOptions } from './group-commit.js'

interface BatchWriter<Item> {
  /** Resolves when the batch is written, or with the failure when it is given up. */
  write(batch: Batch<Item>): Promise<{ cause: unknown } | undefined>
  isFailing(): boolean
  /** Ends what is under way, and tries nothing any more. */
  giveUp(): void
}

const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 2_000

/**
 * Writes a batch again and again under one id, until it is known whether it is written.
 *
 * A store that answers "no" is believed after the time that its senders wait. One that does not answer is asked
 * for `keepMs`: the insert it was sent may still wait in it.
 */
export function createBatchWriter<Item>({
  write,
  watch,
  log,
  answerWithinMs = 20_000,
  keepMs = 10 * 60 * 1000,
  attemptMs = 10_000,
}: GroupCommitOptions<Item>): BatchWriter<Item> {
  let isOver = false
  let isFailing = false
  let wake = () => {}

  /** One attempt that ends by itself. */
  async function attempt(items: Item[], batchId: string): Promise<void> {
    const abort = new AbortController()
    const timer = setTimeout((wake = () => abort.abort()), attemptMs)
    try {
      await write(items, batchId, abort.signal)
    } finally {
      clearTimeout(timer)
    }
  }

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  return {
    async write({ items, openedAt }) {
      const batchId = randomUUID()
      let cause: unknown
      for (let delay = FIRST_RETRY_MS; !isOver; delay = Math.min(delay * 2, LAST_RETRY_MS)) {
        try {
          await attempt(items, batchId)
          isFailing = false
          return undefined
        } catch (error) {
          cause = error
          isFailing = true
          watch?.attemptFailed()
          log.warn({ batchId, items: items.length, error: describeError(error) }, 'a batch was not written')
        }
        const patienceMs = cause instanceof NotStoredError ? answerWithinMs : keepMs
        if (isOver || performance.now() - openedAt + delay > patienceMs) break
        await pause(delay)
      }
      // Nothing is being tried any more: the next batch will tell.
      isFailing = false
      return { cause }
    },
    isFailing: () => isFailing,
    giveUp() {
      isOver = true
      wake()
    },
  }
}
