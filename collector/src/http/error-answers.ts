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

// Errors that Fastify answers with before a route runs.
const FRAMEWORK_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_BAD_URL: 'NOT_FOUND',
  FST_ERR_MAX_PARAM_LENGTH: 'NOT_FOUND',
}
// An incomplete body: its length is wrong, or the connection ended, and the response is not read.
const INCOMPLETE_BODY = /^(FST_ERR_CTP_INVALID_CONTENT_LENGTH|ECONNRESET)$/

/** Answers every error in one shape with a code of the register. Causes go to the log only. */
export function addErrorAnswers(app: FastifyInstance, now: () => number): void {
  const logFailure = createFailureLog(app.log, now)
  app.setNotFoundHandler((_request, reply) => answer(reply, new ApiError('NOT_FOUND'), now()))
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const apiError = toApiError(error)
    if (ERROR_CODES[apiError.code].status >= 500) logFailure(apiError, request.id)
    return answer(reply, apiError, now())
  })
}

/** The `ApiError` that answers an error of the framework or of this code. */
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
      // A message of the framework or of a cause never gets here: only an ApiError has one.
      message: error.message,
    },
  }
  return reply.code(ERROR_CODES[error.code].status).send(body)
}

const WINDOW_MS = 10_000
const LINES_PER_WINDOW = 5

/**
 * Logs answers of status 500 and above, at most five per code in ten seconds: while the store is away or a
 * flood is shed, every request ends in one, and a line for each would fill the disk. The next line has the
 * number left out.
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

/** Makes handlers that answer errors as `{"error":"…"}`, in the sentences of Zero Trust Analytics. */
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
      const [first] = details ?? []
      void reply.code(status).send({ error: first ? toSentence(first) : (sentences[code] ?? message) })
    }
  }
}

type RouteErrorHandler = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void

function toSentence({ field, reason }: Fault): string {
  return field === 'body' ? `Request body ${reason}` : reason
}
