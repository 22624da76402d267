import { ERROR_CODES, type ErrorCode, type Fault } from '@zenovay/tracker/contract'

/**
 * An error that is sent as a response. Its code determines the HTTP status and, if `message` is omitted, the
 * message.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ErrorCode
  readonly details: Fault[] | undefined
  /** Number of seconds for the `Retry-After` header, or undefined to omit the header. */
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
 * Creates the error `STORE_UNAVAILABLE` (503), for example if the database is unreachable or a queue is full.
 * The client can retry after `retryAfterS` seconds.
 */
export function storeUnavailable({
  retryAfterS = 5,
  cause,
}: { retryAfterS?: number; cause?: unknown } = {}): ApiError {
  return new ApiError('STORE_UNAVAILABLE', { retryAfterS, cause })
}

/** Creates a `VALIDATION_ERROR` with one issue about one field. */
export function validationError(field: string, reason: string): ApiError {
  return new ApiError('VALIDATION_ERROR', { details: [{ field, reason }] })
}

/** Throws a `VALIDATION_ERROR` that lists all issues, unless there are none. */
export function assertNoIssues(issues: Fault[]): void {
  if (issues.length > 0) throw new ApiError('VALIDATION_ERROR', { details: issues })
}

/**
 * A problem that prevents a command from running. The message is one line that explains how to fix the
 * problem.
 */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/**
 * Thrown if the store reported that an insert failed and its rows are not stored. After any other insert
 * error, the rows may be stored.
 */
export class NotStoredError extends Error {
  override readonly name = 'NotStoredError'
}

/** Formats any thrown value as one line of at most 500 characters. */
export function describeError(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 500)
}
