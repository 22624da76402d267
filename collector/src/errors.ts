import { ERROR_CODES, type ErrorCode, type Fault } from '@zenovay/tracker/contract'

/** An error response. Its code determines the status and, without a `message`, the sentence. */
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

/**
 * Creates the error `STORE_UNAVAILABLE` (503): a database is unreachable or busy, a queue is full, or an
 * event was not stored in time. Nothing was acknowledged, so the client retries after `retryAfterS` seconds.
 */
export function storeUnavailable({
  retryAfterS = 5,
  cause,
}: { retryAfterS?: number; cause?: unknown } = {}): ApiError {
  return new ApiError('STORE_UNAVAILABLE', { retryAfterS, cause })
}

/** Creates a `VALIDATION_ERROR` about one field. */
export function validationError(field: string, reason: string): ApiError {
  return new ApiError('VALIDATION_ERROR', { details: [{ field, reason }] })
}

/** Throws `VALIDATION_ERROR` with all issues when there is one. */
export function assertNoIssues(issues: Fault[]): void {
  if (issues.length > 0) throw new ApiError('VALIDATION_ERROR', { details: issues })
}

/** A problem that prevents a command from running; the message is one line with the fix. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** The store confirmed that an insert was not stored. After any other insert error the rows may be stored. */
export class NotStoredError extends Error {
  override readonly name = 'NotStoredError'
}

/** Formats any thrown value as one line of at most 500 characters. */
export function describeError(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 500)
}
