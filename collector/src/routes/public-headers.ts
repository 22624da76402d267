import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No page of another origin may call this route: it gets no CORS headers. */
    isPrivate?: boolean
  }
}

const PREFLIGHT_MAX_AGE_S = 86_400

/**
 * Puts CORS headers on every answer but those of private routes, errors too: an answer without them makes a page think that its event
 * failed, and it is sent twice. No cookies are used, so any origin may post and read.
 */
export function addPublicHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
    if (request.routeOptions.config.isPrivate) return done()
    reply.headers({ 'access-control-allow-origin': '*', 'access-control-expose-headers': 'Retry-After, X-Request-Id' })
    if (request.method !== 'OPTIONS') return done()
    void reply
      .headers({
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'Content-Type, X-API-Key, Authorization',
        'access-control-max-age': PREFLIGHT_MAX_AGE_S,
      })
      .code(204)
      .send()
  })
}
