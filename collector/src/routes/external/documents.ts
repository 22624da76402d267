import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { describeOperation } from '../described/describe-operation.js'
import { DESCRIBED_ROUTES } from '../described/described-routes.js'
import { buildOpenApi } from './build-openapi.js'
import { EXTERNAL_ROUTES } from './external-routes.js'
import { DOCS_STYLE, writeDocsPage } from './write-docs-page.js'

const STYLE_HASH = createHash('sha256').update(DOCS_STYLE).digest('base64')
const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

const OTHERS = DESCRIBED_ROUTES.map((route) => ({
  method: route.method,
  path: route.path,
  operation: describeOperation(route),
}))

/** `/openapi.json` and `/docs`, for everybody. */
export function addDocuments(routes: FastifyInstance, base: string): void {
  const document = buildOpenApi(EXTERNAL_ROUTES, base, OTHERS)
  const page = writeDocsPage(document)
  routes.get('/openapi.json', () => document)
  routes.get('/docs', (_request, reply) =>
    reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'referrer-policy': 'no-referrer',
      })
      .send(page),
  )
}
