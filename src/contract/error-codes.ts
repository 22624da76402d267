/**
 * The register of every error code the collector answers with: its HTTP status and the sentence
 * that says what to do. docs/errors.md lists the same rows; a test keeps the two equal.
 */
export const ERROR_CODES = {
  VALIDATION_ERROR: {
    status: 400,
    message: 'The request is not valid. Mend every fault listed in details and send it again.',
  },
  UNAUTHORIZED: {
    status: 401,
    message: 'This needs an API key. Send it as X-API-Key or as Authorization: Bearer.',
  },
  INVALID_SIGNATURE: {
    status: 401,
    message:
      'The signature is not that of this body, or was made more than five minutes ago. Check the secret and the clock.',
  },
  BOT_REJECTED: {
    status: 403,
    message: 'The user_agent in the body looks like a bot. Send a descriptive one, such as MyApp-Server/1.0.',
  },
  ORIGIN_NOT_ALLOWED: {
    status: 403,
    message:
      "This origin is not one of the site's domains. Add it with zenovay-collector site update --allow.",
  },
  FORBIDDEN: {
    status: 403,
    message: 'This API key may not do that. Use a key with access to the website and the scope this needs.',
  },
  NOT_FOUND: { status: 404, message: 'There is nothing here. Check the path and the id.' },
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
    message: 'Send the body as application/json; events may come as text/plain, too.',
  },
  RATE_LIMIT_EXCEEDED: {
    status: 429,
    message: 'Too many requests. Wait for Retry-After seconds, then send it again.',
  },
  MONTHLY_LIMIT_EXCEEDED: {
    status: 429,
    message:
      "This key has made the requests of its plan's month. Wait for Retry-After seconds, or take a larger plan.",
  },
  INTERNAL_ERROR: {
    status: 500,
    message: 'The collector failed to answer. Send it again, and report the request id if it stays.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    message:
      'The store is away or busy. Keep the event, and send the request again after Retry-After seconds.',
  },
} as const satisfies Record<string, { status: number; message: string }>

/** A code of the register, as it stands in `error.code` of an answer. */
export type ErrorCode = keyof typeof ERROR_CODES

/** One fault of a refused body or parameter. */
export interface Fault {
  /** The field at fault, such as `session_id` or `properties.price`; `body` for the whole body. */
  field: string
  /** What is wrong with it and what is allowed. */
  reason: string
}

/** The error of an answer, without its envelope. */
export interface WireError {
  code: ErrorCode
  message: string
  /** ISO 8601, UTC. */
  timestamp: string
  /** Every fault found, when the code is `VALIDATION_ERROR`. */
  details?: Fault[]
}

/** The body of every answer that is not a success. */
export interface ErrorBody {
  success: false
  error: WireError
}

/** Builds the error of an answer from the register. */
export function createWireError(code: ErrorCode, now: Date, details?: Fault[]): WireError {
  const error: WireError = { code, message: ERROR_CODES[code].message, timestamp: now.toISOString() }
  if (details) error.details = details
  return error
}
