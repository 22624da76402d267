import type { FastifyInstance, FastifyReply } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No page of another origin may call this route: it gets no CORS headers. */
    isPrivate?: boolean
  }
}

const PREFLIGHT_MAX_AGE_S = 86_400
const EXPOSED_HEADERS =
  'Retry-After, X-Next-Cursor, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id'

/**
 * Puts CORS headers on every answer but those of private routes, errors too: an answer without them makes a page think that its event
 * failed, and it is sent twice. No cookies are used, so any origin may post and read.
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
 * Names the request in its answer: every error, and every answer of an API. An acknowledged event has none: it is
 * the answer that is sent most, and each header is written and read.
 */
export function setRequestId(reply: FastifyReply): void {
  reply.header('x-request-id', reply.request.id)
  if (reply.hasHeader('access-control-allow-origin'))
    reply.header('access-control-expose-headers', EXPOSED_HEADERS)
}
