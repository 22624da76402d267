import {
  createWireError,
  ERROR_CODES,
  type ErrorBody,
  type ErrorCode,
  type Fault,
  MAX_BODY_BYTES,
} from '@zenovay/tracker/contract'
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ApiError, validationError } from '../errors.js'
import { setRequestId } from './cors.js'

// Maps errors that Fastify raises before a route handler runs to the error codes of the collector.
const FRAMEWORK_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_BAD_URL: 'NOT_FOUND',
  FST_ERR_MAX_PARAM_LENGTH: 'NOT_FOUND',
}
// Errors for an incomplete request body. Either its length differs from the `Content-Length` header, or the
// connection was closed.
const INCOMPLETE_BODY = /^(FST_ERR_CTP_INVALID_CONTENT_LENGTH|ECONNRESET)$/

/**
 * Adds handlers that answer every error in the same format, with a registered error code. The causes of
 * errors are written only to the log.
 */
export function addErrorAnswers(app: FastifyInstance, now: () => number): void {
  const logFailure = createFailureLog(app.log, now)
  app.setNotFoundHandler((_request, reply) => answer(reply, new ApiError('NOT_FOUND'), now()))
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const apiError = toApiError(error)
    if (ERROR_CODES[apiError.code].status >= 500) logFailure(apiError, request.id)
    return answer(reply, apiError, now())
  })
}

/** Converts an error of Fastify or of the collector to the `ApiError` that the client receives. */
export function toApiError(error: FastifyError): ApiError {
  if (error instanceof ApiError) return error
  if (INCOMPLETE_BODY.test(error.code)) return validationError('body', 'does not have the announced length')
  const code = FRAMEWORK_CODES[error.code]
  return code ? new ApiError(code) : new ApiError('INTERNAL_ERROR', { cause: error })
}

function answer(reply: FastifyReply, error: ApiError, now: number): FastifyReply {
  setRequestId(reply)
  if (error.retryAfterS !== undefined) reply.header('retry-after', error.retryAfterS)
  const body: ErrorBody = {
    success: false,
    error: {
      ...createWireError(error.code, new Date(now), error.details),
      // Messages of Fastify and of error causes never reach the client, because every `ApiError` has its own
      // message.
      message: error.message,
    },
  }
  return reply.code(ERROR_CODES[error.code].status).send(body)
}

const WINDOW_MS = 10_000
const LINES_PER_WINDOW = 5

/**
 * Creates a function that logs responses with a status of 500 or above. It writes at most five lines per
 * error code within ten seconds, because one line per request would fill the disk while the store is
 * unavailable. The next line reports the number of omitted lines.
 */
function createFailureLog(
  log: FastifyBaseLogger,
  now: () => number,
): (error: ApiError, requestId: string) => void {
  const windows = new Map<ErrorCode, { start: number; lines: number; leftOut: number }>()
  return (error, requestId) => {
    let window = windows.get(error.code)
    if (!window || now() - window.start >= WINDOW_MS)
      windows.set(error.code, (window = { start: now(), lines: 0, leftOut: window?.leftOut ?? 0 }))
    if (window.lines >= LINES_PER_WINDOW) return void window.leftOut++
    window.lines++
    log.error(
      { err: error.cause ?? error, requestId, ...(window.leftOut > 0 && { leftOut: window.leftOut }) },
      error.code,
    )
    window.leftOut = 0
  }
}

/**
 * Returns a function that creates error handlers. The handlers answer errors as `{"error":"…"}` and use the
 * error texts of Zero Trust Analytics. The texts of several issues are joined by semicolons.
 */
export function createFlatErrors(
  log: FastifyBaseLogger,
  now: () => number,
): (sentences: { notFound: string }) => RouteErrorHandler {
  const logFailure = createFailureLog(log, now)
  return ({ notFound }) => {
    const sentences: Partial<Record<ErrorCode, string>> = {
      UNAUTHORIZED: 'Unauthorized',
      FORBIDDEN: 'Access denied',
      NOT_FOUND: notFound,
      PAYLOAD_TOO_LARGE: `Request body must be at most ${MAX_BODY_BYTES / 1024} KB`,
    }
    return (error, request, reply) => {
      const apiError = toApiError(error)
      const { code, message, details, retryAfterS } = apiError
      const { status } = ERROR_CODES[code]
      if (status >= 500) logFailure(apiError, request.id)
      if (retryAfterS !== undefined) reply.header('retry-after', retryAfterS)
      const issues = details?.map(toSentence).join('; ')
      void reply.code(status).send({ error: issues || (sentences[code] ?? message) })
    }
  }
}

type RouteErrorHandler = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void

function toSentence({ field, reason }: Fault): string {
  return field === 'body' ? `Request body ${reason}` : reason
}
