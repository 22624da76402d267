import type { FastifyInstance, FastifyReply } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Whether responses of the route have no CORS headers, so that pages of other origins cannot call the
     * route.
     */
    isPrivate?: boolean
  }
}

const PREFLIGHT_MAX_AGE_S = 86_400
const EXPOSED_HEADERS =
  'Retry-After, X-Next-Cursor, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id'

/**
 * Adds CORS headers to every response, including errors, except on private routes. Without these headers, a
 * page cannot read the response and sends its events again. Any origin is allowed, because no cookies are
 * used.
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
 * Sets the `X-Request-Id` header on an error or API response. Acknowledgements of events omit this header,
 * because they are the most frequent response and every header takes time.
 */
export function setRequestId(reply: FastifyReply): void {
  reply.header('x-request-id', reply.request.id)
  if (reply.hasHeader('access-control-allow-origin'))
    reply.header('access-control-expose-headers', EXPOSED_HEADERS)
}
