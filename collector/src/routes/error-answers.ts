import { ERROR_CODES, createWireError, type ErrorBody, type ErrorCode } from '@zenovay/tracker/contract'
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { ApiError } from '../errors.js'

// What Fastify refuses before a route sees it.
const FRAMEWORK_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'VALIDATION_ERROR',
  FST_ERR_BAD_URL: 'NOT_FOUND',
}

/** Answers every error in one shape with a code of the register; what is not ours to tell stays in the log. */
export function addErrorAnswers(app: FastifyInstance, now: () => number): void {
  app.setNotFoundHandler((_request, reply) => answer(reply, new ApiError('NOT_FOUND'), now()))
  app.setErrorHandler<FastifyError>((error, request, reply) => answer(reply, toApiError(error, request.method), now()))
}

function toApiError(error: FastifyError, method: string): ApiError {
  if (error instanceof ApiError) return error
  const code = FRAMEWORK_CODES[error.code]
  if (code) return new ApiError(code, code === 'VALIDATION_ERROR' ? { details: [{ field: 'body', reason: `of this ${method} does not have the announced length` }] } : {})
  return new ApiError('INTERNAL_ERROR', { cause: error })
}

function answer(reply: FastifyReply, error: ApiError, now: number): FastifyReply {
  const { status } = ERROR_CODES[error.code]
  if (status >= 500) reply.log.error({ err: error.cause ?? error, requestId: reply.request.id }, error.code)
  if (error.retryAfterS !== undefined) reply.header('retry-after', error.retryAfterS)
  const body: ErrorBody = { success: false, error: createWireError(error.code, new Date(now), error.details) }
  return reply.code(status).send(body)
}
