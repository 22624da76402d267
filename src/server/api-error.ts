import type { ErrorCode, Fault } from '../contract/error-codes.js'
import type { Answer } from './call-collector.js'
import { readRetryAfter } from './retry-delay.js'

/**
 * Why there is no answer of a collector. A test checks that docs/errors.md contains the same list.
 *
 * - `NO_ANSWER`: it cannot be reached, or its answer is not complete in time.
 * - `NOT_A_COLLECTOR`: something else has answered, such as a login page, or the address leads elsewhere.
 */
export const CLIENT_ERROR_CODES = ['NO_ANSWER', 'NOT_A_COLLECTOR'] as const
export type ClientErrorCode = (typeof CLIENT_ERROR_CODES)[number]

/**
 * The error of a request to the API of a collector.
 *
 * @example
 * import { ApiError, followStream } from '@zenovay/tracker/server'
 * try {
 *   for await (const message of followStream({ apiUrl: 'https://collector.example', apiKey: 'zv_…', siteId: 'ws_…' }))
 *     console.log(message.type)
 * } catch (error) {
 *   if (error instanceof ApiError) console.error(error.code, error.requestId) // UNAUTHORIZED 3f0c…
 * }
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** One of the error codes in docs/errors.md. */
  readonly code: ErrorCode | ClientErrorCode
  /** HTTP status, or 0 if there was no response. */
  readonly status: number
  /** All issues of the request if the code is `VALIDATION_ERROR`. Otherwise an empty array. */
  readonly details: Fault[]
  /** ID of the request in the log of the collector. */
  readonly requestId: string | undefined
  /** When the request may be sent again, if the collector says so. */
  readonly retryAt: Date | undefined

  constructor({
    code,
    message,
    status = 0,
    details = [],
    requestId,
    retryAt,
    cause,
  }: Pick<ApiError, 'code' | 'message'> & Partial<ApiError>) {
    super([message, ...details.map(({ field, reason }) => `${field} ${reason}`)].join(' · '), { cause })
    this.code = code
    this.status = status
    this.details = details
    this.requestId = requestId
    this.retryAt = retryAt
  }
}

/** The error of an answer that is no success. `now` is the Unix time in milliseconds. */
export function toApiError({ status, headers, body }: Answer, now: number): ApiError {
  const requestId = headers.get('x-request-id') ?? undefined
  const retryAfterMs = readRetryAfter(headers, now)
  const about = { status, requestId, retryAt: retryAfterMs > 0 ? new Date(now + retryAfterMs) : undefined }
  if (body?.success === false) {
    const { code, message, details } = body.error
    return new ApiError({ code, message, details: details ?? [], ...about })
  }
  return new ApiError({
    code: 'NOT_A_COLLECTOR',
    message: `The answer (status ${status}) does not come from a collector. Check apiUrl.`,
    ...about,
  })
}
