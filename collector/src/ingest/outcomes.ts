import type { ErrorCode } from '@zenovay/tracker/contract'
import { ApiError } from '../errors.js'

/**
 * The reasons for dropping an event. `shed` and `failed` are errors of the collector, after which the sender
 * retries the event.
 */
const DROP_REASONS = ['invalid', 'bot', 'origin', 'unknown_site', 'limited', 'shed', 'failed'] as const
type DropReason = (typeof DROP_REASONS)[number]

/** All final outcomes of events. Each event has exactly one of them. */
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

/** Returns the outcome of an event that was dropped with this error. */
export function outcomeOf(error: unknown): DropReason {
  return (error instanceof ApiError && DROP_REASON_OF[error.code]) || 'failed'
}

/**
 * Counts received events or heartbeats, and the outcome of each. Both totals are equal when none is being
 * processed.
 */
export interface Tally {
  /** Counts `count` events or heartbeats as received. @default 1 */
  receive(count?: number): void
  /** Counts `count` events or heartbeats with this outcome. @default 1 */
  end(outcome: Outcome, count?: number): void
}

/** The result of processing one event. */
export type EventResult = { outcome: Exclude<Outcome, DropReason>; error?: undefined } | DroppedEvent

interface DroppedEvent {
  outcome: DropReason
  error: ApiError
}

/**
 * Returns the result of an event that a stage dropped with this error. An unexpected error becomes an
 * `INTERNAL_ERROR`.
 */
export function toDroppedResult(error: unknown): DroppedEvent {
  return {
    outcome: outcomeOf(error),
    error: error instanceof ApiError ? error : new ApiError('INTERNAL_ERROR', { cause: error }),
  }
}

interface Rejection {
  /** Index of the event in its request. */
  index: number
  error: ApiError
}

/**
 * Lists the events of a request that are permanently rejected.
 *
 * Throws if the collector failed to store one of the events. The sender then retries the whole request, and
 * the events that are already stored become duplicates.
 */
export function listRejections(results: EventResult[]): Rejection[] {
  const failed = results.find(({ outcome }) => outcome === 'shed' || outcome === 'failed')
  if (failed) throw failed.error!
  return results.flatMap(({ error }, index) => (error ? [{ index, error }] : []))
}

/**
 * Creates the error for a batch without a valid event. The details identify each event by its index in the
 * array named `list`, for example `events[2].url`.
 */
export function toBatchError(rejections: Rejection[], list = ''): ApiError {
  const details = rejections.flatMap(({ index, error }) =>
    error.details
      ? error.details.map(({ field, reason }) => ({ field: `${list}[${index}].${field}`, reason }))
      : [{ field: `${list}[${index}]`, reason: error.message }],
  )
  return new ApiError('VALIDATION_ERROR', { details })
}
