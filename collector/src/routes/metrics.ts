import type { FastifyInstance } from 'fastify'
import { ApiError } from '../errors.js'
import { documentRoute, urlOf } from '../http/api/route.js'
import { createBearerCheck } from '../http/bearer-token.js'
import type { Registry } from '../observability/registry.js'

export const readMetrics = documentRoute({
  path: '/metrics',
  operationId: 'readMetrics',
  summary: 'Get the metrics of the collector as Prometheus text',
  description: 'With Authorization: Bearer and METRICS_TOKEN; only with that setting.',
  scope: 'shared-secret',
  codes: ['UNAUTHORIZED'],
  contentType: 'text/plain',
})

/**
 * Adds the `/metrics` route. It requires a token, because metrics reveal the traffic of a business. CORS
 * headers are removed, so that no page of another origin can read the metrics.
 */
export function addMetricsRoute(
  app: FastifyInstance,
  { registry, token }: { registry: Registry; token: string },
): void {
  const isAllowed = createBearerCheck(token)
  app.get(
    urlOf(readMetrics),
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
