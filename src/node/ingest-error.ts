import type { ErrorCode, Fault } from '../contract/error-codes.js'

/**
 * The error thrown when the collector refuses an event, or when it cannot be delivered (code
 * `STORE_UNAVAILABLE`).
 */
export class IngestError extends Error {
  override readonly name = 'IngestError'
  /** An error code of docs/errors.md. */
  readonly code: ErrorCode
  /** HTTP status of the last answer, 0 without an answer. */
  readonly status: number
  /** All issues of the event, with `VALIDATION_ERROR`. */
  readonly details: Fault[]

  constructor({
    code,
    status,
    message,
    details = [],
    cause,
  }: {
    code: ErrorCode
    status: number
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
