import { createHash } from 'node:crypto'
import type { Period } from './report-store.js'

/**
 * The position after the last entry of a page, and the period of the list. All pages of a list use this
 * period.
 */
interface PageCursor<Position> {
  period: Period
  position: Position
}

const FINGERPRINT_LENGTH = 16

/** Encodes a cursor as an opaque string. The string is valid only for the same query. */
export function formatCursor<Position>(query: unknown, { period, position }: PageCursor<Position>): string {
  return Buffer.from(JSON.stringify([fingerprintOf(query), period.from, period.to, position])).toString(
    'base64url',
  )
}

/**
 * Parses a cursor. Returns undefined if the cursor is malformed or belongs to another query. `parsePosition`
 * must return undefined for an invalid position.
 */
export function parseCursor<Position>(
  text: string,
  query: unknown,
  parsePosition: (value: unknown) => Position | undefined,
): PageCursor<Position> | undefined {
  const [fingerprint, from, to, value] = parse(text)
  if (fingerprint !== fingerprintOf(query) || !Number.isSafeInteger(from) || !Number.isSafeInteger(to))
    return undefined
  const position = parsePosition(value)
  return position === undefined ? undefined : { period: { from: from as number, to: to as number }, position }
}

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

function fingerprintOf(query: unknown): string {
  return createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, FINGERPRINT_LENGTH)
}
