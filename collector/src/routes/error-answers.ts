import { ERROR_CODES, createWireError, type ErrorBody, type ErrorCode } from '@zenovay/tracker/contract'
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { ApiError } from '../errors.js'
import { createFaultLog } from './create-fault-log.js'
import { nameRequest } from './public-headers.js'

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
  nameRequest(reply)
  if (error.retryAfterS !== undefined) reply.header('retry-after', error.retryAfterS)
  const body: ErrorBody = { success: false, error: createWireError(error.code, new Date(now), error.details) }
  return reply.code(ERROR_CODES[error.code].status).send(body)
}
