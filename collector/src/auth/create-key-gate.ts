import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../errors.js'
import type { ApiKey, ControlStore, KeyScope } from '../stores/control-store.js'
import { assertScope, authenticate } from './authorise.js'
import { createRequestCounter } from './create-request-counter.js'

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
