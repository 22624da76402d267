import { ApiError } from '../../errors.js'
import type { FeedPosition } from '../../ingest/event-store.js'

/** The position before all events. */
export const START: FeedPosition = { block: 0, receivedAt: 0, hash: 0 }

// Each part fits a JavaScript number; `hash` is checked separately.
const CURSOR = /^(\d{1,15})-(\d{1,15})-(\d{1,16})$/

/** Formats a position as the `id` of a Server-Sent Event. */
export function formatFeedCursor({ block, receivedAt, hash }: FeedPosition): string {
  return `${block}-${receivedAt}-${hash}`
}

/** Parses a `Last-Event-ID`; returns undefined without one. Throws `VALIDATION_ERROR` for any other text. */
export function parseFeedCursor(text = ''): FeedPosition | undefined {
  if (text === '') return undefined
  const [block, receivedAt, hash] = (CURSOR.exec(text) ?? []).slice(1).map(Number)
  if (block === undefined || receivedAt === undefined || !Number.isSafeInteger(hash)) {
    throw new ApiError('VALIDATION_ERROR', {
      details: [{ field: 'Last-Event-ID', reason: 'must be the id of an event of this stream' }],
    })
  }
  return { block, receivedAt, hash: hash! }
}

/** Compares two positions: the result is negative when `a` comes before `b`. */
export function comparePositions(a: FeedPosition, b: FeedPosition): number {
  return a.block - b.block || a.receivedAt - b.receivedAt || a.hash - b.hash
}

export function laterOf(a: FeedPosition, b: FeedPosition): FeedPosition {
  return comparePositions(a, b) < 0 ? b : a
}
