import { MAX_BODY_BYTES } from '@zenovay/tracker/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { authenticate } from '../auth/authorise.js'
import { ApiError } from '../errors.js'
import type { ApiKey, ControlStore, KeyScope } from '../stores/control-store.js'
import { nameRequest } from './public-headers.js'
import { takeJsonText } from './take-json-text.js'

interface PrivateApi {
  prefix: string
  control: Pick<ControlStore, 'findApiKey'>
  /** What a GET takes. @default admin */
  readScope?: KeyScope
  addRoutes: (routes: FastifyInstance) => void
}

// What browsers say of a request that a page of another origin makes.
const FOREIGN_FETCH_SITES = ['cross-site', 'same-site']

/** Adds routes for admin keys (others may read, where it says so), to be called from servers, the command line and pages of this origin only. Their bodies are JSON and come as text. */
export function addPrivateApi(
  app: FastifyInstance,
  { prefix, control, readScope = 'admin', addRoutes }: PrivateApi,
): void {
  void app.register(
    (routes, _options, done) => {
      routes.addHook('onRoute', (route) => {
        route.config = { ...route.config, isPrivate: true }
      })
      takeJsonText(routes, MAX_BODY_BYTES)
      routes.decorateRequest('apiKey')
      // Before the body is read: who has no key learns nothing of what would be valid.
      routes.addHook('onRequest', async (request, reply) => {
        nameRequest(reply)
        reply.header('cache-control', 'no-store')
        if (FOREIGN_FETCH_SITES.includes(String(request.headers['sec-fetch-site'])))
          throw new ApiError('FORBIDDEN')
        request.setDecorator(
          'apiKey',
          await authenticate(request.headers, control, request.method === 'GET' ? readScope : 'admin'),
        )
      })
      // A preflight gets here, has no key, and is refused: no page of another origin may call these routes.
      for (const url of ['', '/*']) routes.options(url, () => Promise.reject(new ApiError('NOT_FOUND')))
      addRoutes(routes)
      done()
    },
    { prefix },
  )
}

/** The key of a request of a private API. */
export function keyOf(request: FastifyRequest): ApiKey {
  return request.getDecorator<ApiKey>('apiKey')
}
