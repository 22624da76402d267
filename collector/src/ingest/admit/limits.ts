import { ApiError } from '../../errors.js'
import { clientOf } from '../../http/client-address.js'
import type { RateLimiter } from '../../http/rate-limit/rate-limiter.js'

/** Counts `cost` events of an address. Throws `RATE_LIMIT_EXCEEDED`, and counts none, when that exceeds the limit. */
export function assertWithinLimit(limiter: RateLimiter, ip: string, cost: number): void {
  const retryAfterS = limiter.take(clientOf(ip), cost)
  if (retryAfterS > 0) throw new ApiError('RATE_LIMIT_EXCEEDED', { retryAfterS })
}
