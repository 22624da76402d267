import type { ErrorCode, Fault } from '../contract/error-codes.js'

/**
 * Why the sender itself gave an event up. A test checks that docs/errors.md contains the same list.
 *
 * - `QUEUE_FULL`: as many events as allowed are waiting already.
 * - `EXPIRED`: it could not be delivered within `maxAgeMs`.
 * - `CLOSED`: the tracker was closed before the event was delivered.
 */
export const SENDER_ERROR_CODES = ['QUEUE_FULL', 'EXPIRED', 'CLOSED'] as const
export type SenderErrorCode = (typeof SENDER_ERROR_CODES)[number]

/**
 * The error of an event that was not stored: the collector or the sender refused it, or it could not be delivered. In the last
 * case, the code is `STORE_UNAVAILABLE` or `EXPIRED`.
 *
 * @example
 * import { createServerTracker, IngestError } from '@zenovay/tracker/server'
 * const analytics = createServerTracker({ trackingCode: 'ZV_XXXXXXXXXXX', apiUrl: 'https://collector.example' })
 * try {
 *   await analytics.pageview({ url: 'https://example.com/', sessionId: 'short' })
 * } catch (error) {
 *   if (error instanceof IngestError) console.error(error.code, error.details)
 *   // VALIDATION_ERROR [{ field: 'session_id', reason: 'must have at least 8 characters' }]
 * }
 */
export class IngestError extends Error {
  override readonly name = 'IngestError'
  /** One of the error codes in docs/errors.md. */
  readonly code: ErrorCode | SenderErrorCode
  /** HTTP status of the last response, or 0 if there was no response. */
  readonly status: number
  /** All issues of the event if the code is `VALIDATION_ERROR`. Otherwise an empty array. */
  readonly details: Fault[]

  constructor({
    code,
    status = 0,
    message,
    details = [],
    cause,
  }: {
    code: ErrorCode | SenderErrorCode
    status?: number
    message: string
    details?: Fault[] | undefined
    cause?: unknown
  }) {
    super([message, ...details.map(({ field, reason }) => `${field} ${reason}`)].join(' · '), { cause })
    this.code = code
    this.status = status
    this.details = details
  }
}
