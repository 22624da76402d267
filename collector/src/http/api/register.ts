import { MAX_BODY_BYTES } from '@zenovay/tracker/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { ControlStore } from '../../control/control-store.js'
import type { ApiKey, KeyScope } from '../../control/keys/api-key.js'
import { authenticate, type KeyGate } from '../../control/keys/gate.js'
import { ApiError } from '../../errors.js'
import { setRequestId } from '../cors.js'
import { createFlatErrors } from '../error-answers.js'
import { decodeJson } from '../json-body.js'
import { acceptJsonAsText } from '../server.js'
import { addDocuments } from './documents.js'
import { parseInput } from './parse-input.js'
import { type ApiRoute, type RouteDocs, urlOf } from './route.js'
import { sendTable, isCsvRequested } from './table.js'

export const EXTERNAL_API = '/api/external/v1'

interface ApiOptions<Services> {
  routes: readonly ApiRoute<Services>[]
  services: Services
  /** ms since the epoch. */
  now: () => number
}

interface ExternalApiOptions<Services> extends ApiOptions<Services> {
  gate: KeyGate
  /** Routes of other APIs to include in the OpenAPI document. */
  documented: readonly RouteDocs[]
}

/**
 * The External API: reports for an API key, and the document of all APIs. Each request counts against the
 * plan of its key.
 */
export function addExternalApi<Services>(
  app: FastifyInstance,
  { routes: table, documented, gate, services, now }: ExternalApiOptions<Services>,
): void {
  void app.register(
    (routes, _options, done) => {
      acceptJsonAsText(routes, MAX_BODY_BYTES)
      routes.decorateRequest('apiKey')
      addApiHeaders(routes)
      // A 404 of the parent scope would skip the hook above.
      routes.setNotFoundHandler(() => Promise.reject(new ApiError('NOT_FOUND')))
      addDocuments(routes, { base: EXTERNAL_API, routes: table, documented })
      for (const route of table)
        routes.route({
          method: route.method,
          url: urlOf(route),
          // This precedes the parsing of the input, so that requests without a key get no information about
          // valid input.
          onRequest: async (request, reply) =>
            request.setDecorator('apiKey', await gate.enter(request, reply, route.scope)),
          handler: (request, reply) => answer({ route, services, now, request, reply }),
        })
      done()
    },
    { prefix: EXTERNAL_API },
  )
}

// Values of Sec-Fetch-Site for requests from pages of other origins.
const FOREIGN_FETCH_SITES = ['cross-site', 'same-site']

/** Routes for servers, the command line and pages of this origin. */
export function addManagementApi<Services extends { control: Pick<ControlStore, 'findApiKey'> }>(
  app: FastifyInstance,
  { routes: table, services, now }: ApiOptions<Services>,
): void {
  void app.register((routes, _options, done) => {
    hideFromOtherOrigins(routes)
    acceptJsonAsText(routes, MAX_BODY_BYTES)
    routes.decorateRequest('apiKey')
    addApiHeaders(routes)
    routes.addHook('onRequest', (request, _reply, next) =>
      next(
        FOREIGN_FETCH_SITES.includes(String(request.headers['sec-fetch-site']))
          ? new ApiError('FORBIDDEN', { message: 'This may not be called from pages of another origin.' })
          : undefined,
      ),
    )
    const errorHandlerOf = createFlatErrors(routes.log, now)
    const requireKey =
      (scope: KeyScope): onRequestAsyncHookHandler =>
      async (request) =>
        request.setDecorator('apiKey', await authenticate(request.headers, services.control, scope))

    for (const route of table)
      routes.route({
        method: route.method,
        url: urlOf(route),
        onRequest: requireKey(route.scope),
        ...(route.flatErrors && { errorHandler: errorHandlerOf(route.flatErrors) }),
        handler: (request, reply) => answer({ route, services, now, request, reply }),
      })
    // A preflight has no key and is refused here, so no page of another origin can call these routes.
    for (const root of new Set(table.map(({ path }) => path.replace(/\/\{.*/, ''))))
      for (const url of [root, `${root}/*`])
        routes.options(url, { onRequest: requireKey('admin') }, () =>
          Promise.reject(new ApiError('NOT_FOUND')),
        )
    done()
  })
}

/** Excludes all routes added from here on from CORS headers. */
export function hideFromOtherOrigins(routes: FastifyInstance): void {
  routes.addHook('onRoute', (route) => {
    route.config = { ...route.config, isPrivate: true }
  })
}

export function addApiHeaders(routes: FastifyInstance): void {
  routes.addHook('onRequest', (_request, reply, next) => {
    setRequestId(reply)
    reply.header('cache-control', 'no-store')
    next()
  })
}

interface Call<Services> {
  route: ApiRoute<Services>
  services: Services
  now: () => number
  request: FastifyRequest
  reply: FastifyReply
}

async function answer<Services>({ route, services, now, request, reply }: Call<Services>): Promise<unknown> {
  const [key, at] = [request.getDecorator<ApiKey>('apiKey'), now()]
  const target = await route.load?.({
    services,
    key,
    params: request.params as Record<string, string>,
    now: at,
  })
  const body = route.body && decodeJson((request.body as string | undefined) ?? '')
  const input = parseInput(
    route,
    { params: request.params, query: request.query, body },
    route.refine && ((fields, addIssue) => route.refine!(fields, addIssue, { services, target })),
  )
  const {
    data,
    beside,
    status = route.status,
  } = await route.answer({ services, key, target, now: at, change: { actor: key.id, at }, ...input })
  reply.code(status)
  if (route.response) return data
  if (route.table) {
    reply.header('vary', 'Accept')
    if (isCsvRequested(request, input.query['format']))
      return sendTable(reply, { table: route.table, data, name: route.operationId })
  }
  return { success: true, data, timestamp: new Date(at).toISOString(), ...beside }
}
