import { ERROR_CODES, type ErrorCode, type Fault } from '@zenovay/tracker/contract'

/** An error answer. Its code decides the status and, without a `message`, the sentence. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ErrorCode
  readonly details: Fault[] | undefined
  /** Seconds for the `Retry-After` header. */
  readonly retryAfterS: number | undefined

  constructor(
    code: ErrorCode,
    {
      message = ERROR_CODES[code].message,
      details,
      retryAfterS,
      cause,
    }: { message?: string; details?: Fault[]; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.code = code
    this.details = details
    this.retryAfterS = retryAfterS
  }
}

/** `VALIDATION_ERROR` about one field. */
export function validationError(field: string, reason: string): ApiError {
  return new ApiError('VALIDATION_ERROR', { details: [{ field, reason }] })
}

/** Throws `VALIDATION_ERROR` with all issues when there is one. */
export function assertNoIssues(issues: Fault[]): void {
  if (issues.length > 0) throw new ApiError('VALIDATION_ERROR', { details: issues })
}

/** Something that keeps the collector from starting; its message is one line that says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** The store answered that it did not store what it was sent; any other failure of an insert leaves that open. */
export class NotStoredError extends Error {
  override readonly name = 'NotStoredError'
}

/** Says in one line what went wrong, whatever was thrown. */
export function describeError(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 500)
}
