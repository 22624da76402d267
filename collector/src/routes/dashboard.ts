import type { FastifyInstance } from 'fastify'
import type { PageAsset } from './read-page-assets.js'

// Everything the page shows is text that strangers sent: it may run nothing but its own script.
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"

/** The dashboard under `/dashboard`; `/` leads there. */
export function addDashboardRoutes(app: FastifyInstance, assets: PageAsset[]): void {
  app.get('/', (_request, reply) => reply.redirect('/dashboard'))
  for (const { path, type, content } of assets)
    app.get(path, (_request, reply) =>
      reply
        .headers({
          'content-type': type,
          'cache-control': 'no-cache',
          'content-security-policy': CONTENT_SECURITY_POLICY,
          'referrer-policy': 'no-referrer',
        })
        .send(content),
    )
}
