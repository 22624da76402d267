import type { ErrorCode } from '@zenovay/tracker/contract'
import { ApiError } from '../errors.js'

/**
 * Reasons for dropping an event. `shed` and `failed` are errors of the collector; the sender retries those.
 */
const DROP_REASONS = ['invalid', 'bot', 'origin', 'unknown_site', 'limited', 'shed', 'failed'] as const
type DropReason = (typeof DROP_REASONS)[number]

/** The final outcomes of events; each event has exactly one. */
export const OUTCOMES = ['stored', 'duplicate', ...DROP_REASONS] as const
export type Outcome = (typeof OUTCOMES)[number]

const DROP_REASON_OF: Partial<Record<ErrorCode, DropReason>> = {
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

/** The outcome of an event that was dropped with this error. */
export function outcomeOf(error: unknown): DropReason {
  return (error instanceof ApiError && DROP_REASON_OF[error.code]) || 'failed'
}

/**
 * Counts received events, or heartbeats, and their outcomes. Both sums are equal while none is being
 * processed.
 */
export interface Tally {
  /** @default 1 */
  receive(count?: number): void
  /** @default 1 */
  end(outcome: Outcome, count?: number): void
}

/** Result of one event. */
export type EventResult = { outcome: Exclude<Outcome, DropReason>; error?: undefined } | DroppedEvent

interface DroppedEvent {
  outcome: DropReason
  error: ApiError
}

/** The result of an event that a stage dropped with this error; unexpected errors become `INTERNAL_ERROR`. */
export function toDroppedResult(error: unknown): DroppedEvent {
  return {
    outcome: outcomeOf(error),
    error: error instanceof ApiError ? error : new ApiError('INTERNAL_ERROR', { cause: error }),
  }
}

interface Rejection {
  /** Position of the event in its batch. */
  index: number
  error: ApiError
}

/**
 * The events of a request that are rejected for good.
 *
 * Throws when the collector failed to store one: the sender then retries all, and those already stored are
 * duplicates.
 */
export function listRejections(results: EventResult[]): Rejection[] {
  const failed = results.find(({ outcome }) => outcome === 'shed' || outcome === 'failed')
  if (failed) throw failed.error!
  return results.flatMap(({ error }, index) => (error ? [{ index, error }] : []))
}

/**
 * The error of a batch without a valid event. Details name issues by the event's index in the array called
 * `list`.
 */
export function toBatchError(rejections: Rejection[], list = ''): ApiError {
  const details = rejections.flatMap(({ index, error }) =>
    error.details
      ? error.details.map(({ field, reason }) => ({ field: `${list}[${index}].${field}`, reason }))
      : [{ field: `${list}[${index}]`, reason: error.message }],
  )
  return new ApiError('VALIDATION_ERROR', { details })
}
