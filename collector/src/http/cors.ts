import type { FastifyInstance, FastifyReply } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route has no CORS headers, so that pages of other origins cannot call it. */
    isPrivate?: boolean
  }
}

const PREFLIGHT_MAX_AGE_S = 86_400
const EXPOSED_HEADERS =
  'Retry-After, X-Next-Cursor, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id'

/**
 * Sets CORS headers on every answer, errors included, but not on private routes. Without them a page could
 * not read the response, would treat its event as failed, and would send it again. No cookies are used, so
 * any origin may post and read.
 */
export function addCorsHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff')
    if (request.routeOptions.config.isPrivate) return done()
    reply.header('access-control-allow-origin', '*')
    if (request.method !== 'OPTIONS') return done()
    void reply
      .headers({
        'access-control-allow-methods': 'GET, POST, PATCH',
        'access-control-allow-headers': 'Content-Type, X-API-Key, Authorization',
        'access-control-max-age': PREFLIGHT_MAX_AGE_S,
      })
      .code(204)
      .send()
  })
}

/**
 * Sets `X-Request-Id` on errors and on the answers of APIs. Acknowledged events have none: they are the most
 * frequent answer, and every header costs time on both sides.
 */
export function setRequestId(reply: FastifyReply): void {
  reply.header('x-request-id', reply.request.id)
  if (reply.hasHeader('access-control-allow-origin'))
    reply.header('access-control-expose-headers', EXPOSED_HEADERS)
}
