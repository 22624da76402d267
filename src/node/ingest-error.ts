import type { ErrorCode, Fault } from '../contract/error-codes.js'

/** An event that the collector refused, or that could not be delivered (`code` is then `STORE_UNAVAILABLE`). */
export class IngestError extends Error {
  override readonly name = 'IngestError'
  /** A code of docs/errors.md. */
  readonly code: ErrorCode
  /** HTTP status of the last answer, 0 when there was none. */
  readonly status: number
  /** Every fault of the event, when `code` is `VALIDATION_ERROR`. */
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
