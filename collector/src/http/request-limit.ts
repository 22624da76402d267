import type { onRequestHookHandler } from 'fastify'
import { ApiError } from '../errors.js'
import { clientOf } from './client-address.js'
import type { RateLimiter } from './rate-limit.js'
import type { SenderOf } from './senders.js'

/**
 * Counts `cost` requests or events against the rate limit of the client with this IP address. If they would
 * exceed the limit, none of them is counted and `RATE_LIMIT_EXCEEDED` is thrown.
 */
export function assertWithinLimit(limiter: RateLimiter, ip: string, cost: number): void {
  const retryAfterS = limiter.take(clientOf(ip), cost)
  if (retryAfterS > 0) throw new ApiError('RATE_LIMIT_EXCEEDED', { retryAfterS })
}

/**
 * Creates an `onRequest` hook that counts each request against the rate limit of its client. A request over the
 * limit is answered with status 429 and `Retry-After` before anything else is done for it.
 */
export function createRequestLimit(limiter: RateLimiter, senderOf: SenderOf): onRequestHookHandler {
  return (request, _reply, next) => {
    const sender = senderOf(request)
    if (sender instanceof Promise) {
      sender.then(({ ip }) => assertWithinLimit(limiter, ip, 1)).then(() => next(), next)
      return
    }
    assertWithinLimit(limiter, sender.ip, 1)
    next()
  }
}
