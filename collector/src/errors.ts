import { ERROR_CODES, type ErrorCode, type Fault } from '@zenovay/tracker/contract'

/** A refusal that a route answers with; its code decides status and sentence. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ErrorCode
  readonly details: Fault[] | undefined
  /** Seconds for the `Retry-After` header. */
  readonly retryAfterS: number | undefined

  constructor(
    code: ErrorCode,
    { details, retryAfterS, cause }: { details?: Fault[]; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(ERROR_CODES[code].message, { cause })
    this.code = code
    this.details = details
    this.retryAfterS = retryAfterS
  }
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
