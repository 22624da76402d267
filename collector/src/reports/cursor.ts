import { createHash } from 'node:crypto'
import type { Period } from './report-store.js'

/** Where a page of a list ended. It carries the period, so that a list does not shift while it is read. */
interface PageCursor<Position> {
  period: Period
  position: Position
}

const FINGERPRINT_LENGTH = 16

/** Writes a cursor that only the same question can be continued with. */
export function formatCursor<Position>(
  question: unknown,
  { period, position }: PageCursor<Position>,
): string {
  return Buffer.from(JSON.stringify([fingerprintOf(question), period.from, period.to, position])).toString(
    'base64url',
  )
}

/** Reads a cursor back; undefined when it is none, or one of another question. `readPosition` gives undefined for what it cannot be. */
export function parseCursor<Position>(
  text: string,
  question: unknown,
  readPosition: (value: unknown) => Position | undefined,
): PageCursor<Position> | undefined {
  const [of, from, to, value] = parse(text)
  if (of !== fingerprintOf(question) || !Number.isSafeInteger(from) || !Number.isSafeInteger(to))
    return undefined
  const position = readPosition(value)
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

function fingerprintOf(question: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(question))
    .digest('base64url')
    .slice(0, FINGERPRINT_LENGTH)
}
