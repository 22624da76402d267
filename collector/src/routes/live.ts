import type { LiveAnswer } from '@zenovay/tracker/contract'
import type { FastifyInstance } from 'fastify'
import { ApiError } from '../errors.js'
import { clientOf } from '../http/client-address.js'
import type { RateLimiter } from '../http/rate-limit/rate-limiter.js'
import type { TrustedProxies } from '../http/client-address.js'
import type { LiveCounter } from '../reports/realtime/live-counter.js'
import type { Site } from '../control/sites.js'

interface LiveServices {
  live: LiveCounter
  findSite: (code: string) => Promise<Site | undefined>
  limiter: RateLimiter
  addressOf: TrustedProxies['addressOf']
  now: () => number
}

/** `GET /e/live/{code}` and its older path `GET /live/{code}`. */
export function addLiveRoutes(
  app: FastifyInstance,
  { live, findSite, limiter, addressOf, now }: LiveServices,
): void {
  for (const path of ['/e/live/:code', '/live/:code'])
    app.get<{ Params: { code: string } }>(path, async (request, reply): Promise<LiveAnswer> => {
      const retryAfterS = limiter.take(clientOf(addressOf(request.raw)), 1)
      if (retryAfterS > 0) throw new ApiError('RATE_LIMIT_EXCEEDED', { retryAfterS })
      const site = await findSite(request.params.code)
      if (!site) throw new ApiError('UNKNOWN_TRACKING_CODE')
      const visitors = await live.count(site.id)
      reply.header('cache-control', 'public, max-age=5')
      return { visitors, count: visitors, timestamp: new Date(now()).toISOString() }
    })
}
