import {
  createWireError,
  ERROR_CODES,
  type ErrorBody,
  type ErrorCode,
  MAX_BODY_BYTES,
} from '@zenovay/tracker/contract'
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { ApiError } from '../errors.js'
import { setRequestId } from './cors.js'

// What Fastify refuses before a route sees it.
const FRAMEWORK_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_BAD_URL: 'NOT_FOUND',
  FST_ERR_MAX_PARAM_LENGTH: 'NOT_FOUND',
}
// A body that did not come whole: its length is wrong, or the connection ended (then nobody reads the answer).
const INCOMPLETE_BODY = /^(FST_ERR_CTP_INVALID_CONTENT_LENGTH|ECONNRESET)$/

/** Answers every error in one shape with a code of the register; what is not ours to tell stays in the log. */
export function addErrorAnswers(app: FastifyInstance, now: () => number): void {
  const logFault = createFaultLog(app.log, now)
  app.setNotFoundHandler((_request, reply) => answer(reply, new ApiError('NOT_FOUND'), now()))
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const apiError = toApiError(error)
    if (ERROR_CODES[apiError.code].status >= 500) logFault(apiError, request.id)
    return answer(reply, apiError, now())
  })
}

/** The error of the register that an error of the framework, or of ours, is answered with. */
export function toApiError(error: FastifyError): ApiError {
  if (error instanceof ApiError) return error
  if (INCOMPLETE_BODY.test(error.code))
    return new ApiError('VALIDATION_ERROR', {
      details: [{ field: 'body', reason: 'does not have the announced length' }],
    })
  const code = FRAMEWORK_CODES[error.code]
  return code ? new ApiError(code) : new ApiError('INTERNAL_ERROR', { cause: error })
}

function answer(reply: FastifyReply, error: ApiError, now: number): FastifyReply {
  setRequestId(reply)
  if (error.retryAfterS !== undefined) reply.header('retry-after', error.retryAfterS)
  const body: ErrorBody = { success: false, error: createWireError(error.code, new Date(now), error.details) }
  return reply.code(ERROR_CODES[error.code].status).send(body)
}

const WINDOW_MS = 10_000
const LINES_PER_WINDOW = 5

/**
 * Logs the answers that are faults of ours, at most five of a code in ten seconds: while the store is away or a flood is
 * shed, every request ends in one, and a line for each would fill the disk. The next line says how many were left out.
 */
function createFaultLog(
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

interface FlatErrorOptions {
  /** What a 404 says. */
  notFound: string
  now: () => number
}

/** Answers the errors of these routes as `{"error":"…"}`, in the words of Zero Trust Analytics. */
export function addFlatErrors(routes: FastifyInstance, { notFound, now }: FlatErrorOptions): void {
  const logFault = createFaultLog(routes.log, now)
  const texts: Partial<Record<ErrorCode, string>> = {
    UNAUTHORIZED: 'Unauthorized',
    FORBIDDEN: 'Access denied',
    NOT_FOUND: notFound,
    PAYLOAD_TOO_LARGE: `Request body must be at most ${MAX_BODY_BYTES / 1024} KB`,
  }
  routes.setErrorHandler<FastifyError>((error, request, reply) => {
    const apiError = toApiError(error)
    const { code, details, retryAfterS } = apiError
    const { status, message } = ERROR_CODES[code]
    if (status >= 500) logFault(apiError, request.id)
    if (retryAfterS !== undefined) reply.header('retry-after', retryAfterS)
    return reply.code(status).send({ error: details ? describeFault(details[0]!) : (texts[code] ?? message) })
  })
}

/** A refusal with the sentence of one fault; of the field `body`, the sentence goes on behind its name. */
export function refuse(reason: string, field = 'request'): ApiError {
  return new ApiError('VALIDATION_ERROR', { details: [{ field, reason }] })
}

function describeFault({ field, reason }: { field: string; reason: string }): string {
  return field === 'body' ? `Request body ${reason}` : reason
}
