import { ERROR_CODES, MAX_BODY_BYTES, type ErrorCode } from '@zenovay/tracker/contract'
import type { FastifyError, FastifyInstance } from 'fastify'
import { authorise } from '../auth/authorise.js'
import { ApiError } from '../errors.js'
import type { ApiKey, ControlStore, Site } from '../stores/control-store.js'
import { createFaultLog } from './create-fault-log.js'
import { toApiError } from './error-answers.js'

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

/** The site that a request names, if the key is for it. Throws `FORBIDDEN` also when there is none: who asks learns no ids. */
export async function findOwnSite(
  key: ApiKey,
  siteId: unknown,
  control: Pick<ControlStore, 'findSite'>,
): Promise<Site> {
  if (typeof siteId !== 'string' || siteId === '') throw refuse('siteId is required')
  try {
    return await authorise(key, siteId, control)
  } catch (error) {
    throw error instanceof ApiError && error.code === 'NOT_FOUND' ? new ApiError('FORBIDDEN') : error
  }
}

function describeFault({ field, reason }: { field: string; reason: string }): string {
  return field === 'body' ? `Request body ${reason}` : reason
}
