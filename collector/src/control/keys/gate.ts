import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../../errors.js'
import { refuse } from '../../http/error-answers.js'
import type { ControlStore } from '../control-store.js'
import type { Site } from '../sites.js'
import { type ApiKey, isKeyOf, KEY_SCOPES, type KeyScope, parseKeyId } from './api-key.js'
import { createRequestCounter } from './usage.js'

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

/** The entrance of the External API: every request of a key is counted here, once, before anything else is done for it. */
export interface KeyGate {
  /**
   * The API key of a request that its plan still allows; puts the `X-RateLimit-…` headers on the answer, whatever that will be.
   * Throws `UNAUTHORIZED`, `RATE_LIMIT_EXCEEDED` or `MONTHLY_LIMIT_EXCEEDED`, and `FORBIDDEN` when the key's scope is less than `scope`.
   */
  enter(request: FastifyRequest, reply: FastifyReply, scope: KeyScope): Promise<ApiKey>
}

const CODES = { minute: 'RATE_LIMIT_EXCEEDED', month: 'MONTHLY_LIMIT_EXCEEDED' } as const

export function createKeyGate({
  control,
  now,
}: {
  control: Pick<ControlStore, 'findApiKey' | 'countRequest' | 'readUsage'>
  now: () => number
}): KeyGate {
  const countRequest = createRequestCounter(control)
  return {
    async enter(request, reply, scope) {
      const key = await authenticate(request.headers, control)
      const at = now()
      const counted = await countRequest(key.id, at)
      // Revoked meanwhile.
      if (!counted) throw new ApiError('UNAUTHORIZED')
      const { usage, exceeded } = counted
      void reply.headers({
        'x-ratelimit-limit': usage.minute.limit,
        'x-ratelimit-remaining': Math.max(0, usage.minute.limit - usage.minute.used),
        'x-ratelimit-reset': Math.ceil(usage.minute.resetsAt / 1000),
      })
      if (exceeded)
        throw new ApiError(CODES[exceeded], {
          retryAfterS: Math.ceil((usage[exceeded].resetsAt - at) / 1000),
        })
      // A key that asks for what it may not have is counted, too.
      assertScope(key, scope)
      return key
    },
  }
}

/**
 * The API key of a request, from `X-API-Key` or `Authorization: Bearer`.
 * Throws `UNAUTHORIZED`, or `FORBIDDEN` when its scope is less than `scope`.
 */
export async function authenticate(
  headers: IncomingHttpHeaders,
  control: Pick<ControlStore, 'findApiKey'>,
  scope: KeyScope = 'read',
): Promise<ApiKey> {
  const [, bearer] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? []
  const secret = [headers['x-api-key']].flat()[0] ?? bearer ?? ''
  const id = parseKeyId(secret)
  const record = id && (await control.findApiKey(id))
  if (!record || !isKeyOf(secret, record)) throw new ApiError('UNAUTHORIZED')
  assertScope(record, scope)
  return record
}

/** Throws `FORBIDDEN` when the key may do less than `scope`. */
function assertScope(key: ApiKey, scope: KeyScope): void {
  if (KEY_SCOPES.indexOf(key.scope) < KEY_SCOPES.indexOf(scope)) throw new ApiError('FORBIDDEN')
}

/** The site of an id, if the key is for it. Throws `FORBIDDEN`, or `NOT_FOUND` when its account has no such site. */
export async function authorise(
  key: ApiKey,
  siteId: string,
  control: Pick<ControlStore, 'findSite'>,
): Promise<Site> {
  // Asked before the store: a key of one site must not learn which other ids exist.
  if (key.siteId !== null && key.siteId !== siteId) throw new ApiError('FORBIDDEN')
  const site = await control.findSite(siteId)
  // One answer for both: a key must not learn which ids other accounts have.
  if (site?.accountId !== key.accountId) throw new ApiError('NOT_FOUND')
  return site
}
