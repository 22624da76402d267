import type { FastifyInstance } from 'fastify'
import { createBearerCheck } from '../http/bearer-token.js'
import { ApiError } from '../errors.js'
import type { Registry } from '../observability/registry.js'

/**
 * `GET /metrics` for whoever sends `METRICS_TOKEN`; without that setting there is no such route.
 *
 * They tell the traffic of a business. An address proves nothing: behind a proxy on the same machine every visitor
 * comes from loopback. And no page of another site may read the answer: this one route has no CORS headers.
 */
export function addMetricsRoute(
  app: FastifyInstance,
  { registry, token }: { registry: Registry; token: string },
): void {
  const isAllowed = createBearerCheck(token)
  app.get(
    '/metrics',
    {
      onRequest(request, reply, done) {
        reply
          .removeHeader('access-control-allow-origin')
          .removeHeader('access-control-expose-headers')
          .header('cache-control', 'no-store')
        done(isAllowed(request.headers.authorization) ? undefined : new ApiError('UNAUTHORIZED'))
      },
    },
    (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(registry.expose()),
  )
}
