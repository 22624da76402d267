import type { ErrorCode, Fault } from '../contract/error-codes.js'

/**
 * The error that is thrown if the collector rejects an event, or if an event cannot be delivered. In the
 * second case, the code is `STORE_UNAVAILABLE`.
 */
export class IngestError extends Error {
  override readonly name = 'IngestError'
  /** One of the error codes in docs/errors.md. */
  readonly code: ErrorCode
  /** HTTP status of the last response, or 0 if there was no response. */
  readonly status: number
  /** All issues of the event if the code is `VALIDATION_ERROR`. Otherwise an empty array. */
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
