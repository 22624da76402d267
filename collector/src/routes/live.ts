import { Type } from '@sinclair/typebox'
import type { LiveAnswer } from '@zenovay/tracker/contract'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import type { Site } from '../control/sites.js'
import { ApiError } from '../errors.js'
import { documentRoute, MOMENT, MOMENT_EXAMPLE, urlOf } from '../http/api/route.js'
import type { LiveCounter } from '../reports/realtime/live-counter.js'

interface LiveServices {
  live: LiveCounter
  findSite: (code: string) => Promise<Site | undefined>
  /** Rate limit of each client. */
  limit: onRequestHookHandler
  now: () => number
}

const ANSWER = {
  scope: 'public',
  codes: ['UNKNOWN_TRACKING_CODE', 'RATE_LIMIT_EXCEEDED', 'STORE_UNAVAILABLE'],
  response: Type.Object({
    visitors: Type.Integer(),
    count: Type.Integer({ description: 'Same as visitors.' }),
    timestamp: MOMENT,
  }),
  example: { visitors: 42, count: 42, timestamp: MOMENT_EXAMPLE },
} as const

export const LIVE_ROUTES = [
  documentRoute({
    path: '/e/live/{code}',
    operationId: 'countLive',
    summary: 'Count the visitors of a site in the last minutes, by its tracking code',
    ...ANSWER,
  }),
  documentRoute({
    path: '/live/{code}',
    operationId: 'countLiveByOldPath',
    summary: 'Deprecated path of /e/live/{code}',
    ...ANSWER,
  }),
]

export function addLiveRoutes(app: FastifyInstance, { live, findSite, limit, now }: LiveServices): void {
  for (const route of LIVE_ROUTES)
    app.get<{ Params: { code: string } }>(
      urlOf(route),
      { onRequest: limit },
      async (request, reply): Promise<LiveAnswer> => {
        const site = await findSite(request.params.code)
        if (!site) throw new ApiError('UNKNOWN_TRACKING_CODE')
        const visitors = await live.count(site.id)
        reply.header('cache-control', 'public, max-age=5')
        return { visitors, count: visitors, timestamp: new Date(now()).toISOString() }
      },
    )
}
