import { MAX_BODY_BYTES } from '@zenovay/tracker/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ControlStore } from '../../control/control-store.js'
import type { ApiKey, KeyScope } from '../../control/keys/api-key.js'
import { authenticate, type KeyGate } from '../../control/keys/gate.js'
import { ApiError } from '../../errors.js'
import { setRequestId } from '../cors.js'
import { decodeJson } from '../json-body.js'
import { acceptJsonAsText } from '../server.js'
import { addDocuments, type ApiTable } from './documents.js'
import { readInput } from './read-input.js'
import type { ApiRoute, ExternalServices } from './route.js'
import { sendTable, wantsTable } from './table.js'

export const EXTERNAL_API = '/api/external/v1'

interface ExternalApiServices extends ExternalServices {
  gate: KeyGate
  table: ApiTable
}

/** The External API: reports for an API key. */
export function addExternalApi(
  app: FastifyInstance,
  { gate, table, ...services }: ExternalApiServices,
): void {
  void app.register(
    (routes, _options, done) => {
      acceptJsonAsText(routes, MAX_BODY_BYTES)
      routes.decorateRequest('apiKey')
      routes.addHook('onRequest', async (_request, reply) => {
        setRequestId(reply)
        reply.header('cache-control', 'no-store')
      })
      // Of its own, so that the hooks above run for what is not there, too.
      routes.setNotFoundHandler(() => Promise.reject(new ApiError('NOT_FOUND')))
      addDocuments(routes, EXTERNAL_API, table)
      for (const route of table.routes)
        routes.route({
          method: route.method,
          url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
          // Before anything is read: who has no key learns nothing of what would be valid.
          onRequest: async (request, reply) =>
            request.setDecorator('apiKey', await gate.enter(request, reply, route.scope)),
          handler: (request, reply) => answer({ route, services, request, reply }),
        })
      done()
    },
    { prefix: EXTERNAL_API },
  )
}

async function answer({
  route,
  services,
  request,
  reply,
}: {
  route: ApiRoute
  services: ExternalServices
  request: FastifyRequest
  reply: FastifyReply
}): Promise<unknown> {
  const body = route.body && decodeJson((request.body as string | undefined) ?? '')
  const input = readInput(route, { params: request.params, query: request.query, body })
  const now = services.now()
  const { data, beside } = await route.answer({
    services,
    key: request.getDecorator<ApiKey>('apiKey'),
    now,
    ...input,
  })
  if (route.table) {
    reply.header('vary', 'Accept')
    if (wantsTable(request, input.query['format']))
      return sendTable(reply, { table: route.table, data, name: route.operationId })
  }
  return { success: true, data, timestamp: new Date(now).toISOString(), ...beside }
}

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
      acceptJsonAsText(routes, MAX_BODY_BYTES)
      routes.decorateRequest('apiKey')
      // Before the body is read: who has no key learns nothing of what would be valid.
      routes.addHook('onRequest', async (request, reply) => {
        setRequestId(reply)
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
