import type { ErrorCode } from '@zenovay/tracker/contract'
import { ApiError } from '../errors.js'

/** What can become of an event. Each ends in exactly one of these. */
export const OUTCOMES = [
  'stored',
  'duplicate',
  'invalid',
  'bot',
  'origin',
  'unknown_site',
  'limited',
  'shed',
  'failed',
] as const
export type Outcome = (typeof OUTCOMES)[number]

const REFUSALS: Partial<Record<ErrorCode, Outcome>> = {
  VALIDATION_ERROR: 'invalid',
  PAYLOAD_TOO_LARGE: 'invalid',
  UNSUPPORTED_MEDIA_TYPE: 'invalid',
  BOT_REJECTED: 'bot',
  ORIGIN_NOT_ALLOWED: 'origin',
  UNKNOWN_TRACKING_CODE: 'unknown_site',
  FORBIDDEN: 'unknown_site',
  NOT_FOUND: 'unknown_site',
  RATE_LIMIT_EXCEEDED: 'limited',
  STORE_UNAVAILABLE: 'shed',
}

/** The outcome of what was answered with this error. */
export function outcomeOf(error: unknown): Outcome {
  return (error instanceof ApiError && REFUSALS[error.code]) || 'failed'
}

/** Counts events, or heartbeats, twice: when they come in and when they end. The two sums are equal when nothing is under way. */
export interface Tally {
  /** @default 1 */
  receive(count?: number): void
  /** @default 1 */
  end(outcome: Outcome, count?: number): void
}
