import { ApiError } from '../../errors.js'
import type { FeedPosition } from '../../ingest/event-store.js'

/** The position before the first event of a feed. */
export const START: FeedPosition = { block: 0, receivedAt: 0, hash: 0 }

// A number with 15 digits is always a safe integer. The hash can have 16 digits, so it is checked separately.
const CURSOR = /^(\d{1,15})-(\d{1,15})-(\d{1,16})$/

/** Formats a feed position as the `id` of a Server-Sent Event. */
export function formatFeedCursor({ block, receivedAt, hash }: FeedPosition): string {
  return `${block}-${receivedAt}-${hash}`
}

/**
 * Parses a `Last-Event-ID` header. Returns undefined if the header is missing or empty. Throws
 * `VALIDATION_ERROR` if the header is malformed.
 */
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

/**
 * Compares two feed positions. Returns a negative number if `a` comes before `b`, and 0 if they are equal.
 */
export function comparePositions(a: FeedPosition, b: FeedPosition): number {
  return a.block - b.block || a.receivedAt - b.receivedAt || a.hash - b.hash
}

export function laterOf(a: FeedPosition, b: FeedPosition): FeedPosition {
  return comparePositions(a, b) < 0 ? b : a
}
