/**
 * All error codes of the collector, each with its HTTP status and a message that says how to fix the error. A
 * test checks that docs/errors.md contains the same list.
 */
export const ERROR_CODES = {
  VALIDATION_ERROR: {
    status: 400,
    message: 'The request is not valid. Fix every issue listed in details and retry.',
  },
  UNAUTHORIZED: {
    status: 401,
    message: 'An API key is required. Send it as X-API-Key or as Authorization: Bearer.',
  },
  INVALID_SIGNATURE: {
    status: 401,
    message:
      'The signature does not match the body, or is older than five minutes. Check the secret and the clock.',
  },
  BOT_REJECTED: {
    status: 403,
    message: 'The user_agent in the body looks like a bot. Send a descriptive one, such as MyApp-Server/1.0.',
  },
  ORIGIN_NOT_ALLOWED: {
    status: 403,
    message:
      "This origin is not one of the site's domains. Add it with zenovay-collector site update --allow. An opaque origin (a sandboxed frame) is allowed as the domain null.",
  },
  FORBIDDEN: {
    status: 403,
    message:
      'This API key does not have permission for this. Use a key with access to the website and the required scope.',
  },
  NOT_FOUND: { status: 404, message: 'Not found. Check the path and the id.' },
  UNKNOWN_TRACKING_CODE: {
    status: 404,
    message: 'No site has this tracking code. Compare it with zenovay-collector site list.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    message: 'The body is over the limit of this path. Send fewer or smaller events at once.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    message: 'Send the body as application/json. Events may also be text/plain.',
  },
  RATE_LIMIT_EXCEEDED: {
    status: 429,
    message: 'Too many requests. Retry after Retry-After seconds.',
  },
  MONTHLY_LIMIT_EXCEEDED: {
    status: 429,
    message:
      "This key has used up its plan's monthly requests. Retry after Retry-After seconds, or upgrade the plan.",
  },
  INTERNAL_ERROR: {
    status: 500,
    message: 'The collector failed to answer. Retry, and report the request id if the error persists.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    message: 'The store is unavailable or busy. Keep the event and retry after Retry-After seconds.',
  },
} as const satisfies Record<string, { status: number; message: string }>

/** An error code, as sent in `error.code` of an error response. */
export type ErrorCode = keyof typeof ERROR_CODES

/** One issue of an invalid request body or parameter. */
export interface Fault {
  /** Name of the invalid field, such as `session_id` or `properties.price`, or `body` for the whole body. */
  field: string
  /** Description of the issue and of the allowed values. */
  reason: string
}

/** The `error` object of an error response. */
export interface WireError {
  code: ErrorCode
  message: string
  /** Time of the error in ISO 8601 format, in UTC. */
  timestamp: string
  /** All issues of the request. Included only with the code `VALIDATION_ERROR`. */
  details?: Fault[]
}

/** Body of every error response. */
export interface ErrorBody {
  success: false
  error: WireError
}

/** Creates the `error` object of an error response, with the message of the error code. */
export function createWireError(code: ErrorCode, now: Date, details?: Fault[]): WireError {
  const error: WireError = { code, message: ERROR_CODES[code].message, timestamp: now.toISOString() }
  if (details) error.details = details
  return error
}
