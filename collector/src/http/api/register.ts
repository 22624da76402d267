import { MAX_BODY_BYTES } from '@zenovay/tracker/contract'
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestAsyncHookHandler,
  onRequestHookHandler,
} from 'fastify'
import type { ControlStore } from '../../control/control-store.js'
import type { ApiKey, KeyScope } from '../../control/keys/api-key.js'
import { authenticate, type KeyGate } from '../../control/keys/gate.js'
import { ApiError } from '../../errors.js'
import type { FairQueue } from '../../fair-queue.js'
import { setRequestId } from '../cors.js'
import { createFlatErrors } from '../error-answers.js'
import { decodeJson } from '../json-body.js'
import type { RateLimiter } from '../rate-limit.js'
import { acceptJsonAsText } from '../server.js'
import type { DeliveryDocs } from './deliveries.js'
import { addDocuments } from './documents.js'
import { parseInput } from './parse-input.js'
import { type ApiRoute, type RouteDocs, urlOf } from './route.js'
import { sendTable, isCsvRequested } from './table.js'

export const EXTERNAL_API = '/api/external/v1'

interface ApiOptions<Services> {
  routes: readonly ApiRoute<Services>[]
  services: Services
  /** Returns the current Unix time in milliseconds. */
  now: () => number
}

interface ExternalApiOptions<Services> extends ApiOptions<Services> {
  gate: KeyGate
  /** Starts the reports of all accounts in turn. */
  queue: FairQueue
  /** Routes of other APIs to include in the OpenAPI document. */
  documented: readonly RouteDocs[]
  /** What webhooks deliver, for the OpenAPI document. */
  deliveries: readonly DeliveryDocs[]
  /** Rate limit of each client for the documents, which require no API key. */
  limitDocuments: onRequestHookHandler
}

/**
 * Adds the External API, which returns reports to requests with an API key, and the OpenAPI document of all
 * APIs. Each request with a key counts toward the rate limits of the key's plan.
 */
export function addExternalApi<Services>(
  app: FastifyInstance,
  {
    routes: table,
    documented,
    deliveries,
    gate,
    queue,
    services,
    limitDocuments,
    now,
  }: ExternalApiOptions<Services>,
): void {
  void app.register(
    (routes, _options, done) => {
      acceptJsonAsText(routes, MAX_BODY_BYTES)
      routes.decorateRequest('apiKey')
      addApiHeaders(routes)
      // Set a separate 404 handler because the one of the parent scope would skip the hook that adds the API
      // headers.
      routes.setNotFoundHandler(() => Promise.reject(new ApiError('NOT_FOUND')))
      addDocuments(routes, { base: EXTERNAL_API, routes: table, documented, deliveries }, limitDocuments)
      for (const route of table)
        routes.route({
          method: route.method,
          url: urlOf(route),
          // Check the API key before the input is parsed, so that a request without a key learns nothing
          // about valid input.
          onRequest: async (request, reply) =>
            request.setDecorator('apiKey', await gate.enter(request, reply, route.scope)),
          handler: (request, reply) =>
            queue.run(request.getDecorator<ApiKey>('apiKey').accountId, () =>
              answer({ route, services, now, request, reply }),
            ),
        })
      done()
    },
    { prefix: EXTERNAL_API },
  )
}

// Values of the `Sec-Fetch-Site` header that browsers send with requests from pages of other origins.
const FOREIGN_FETCH_SITES = ['cross-site', 'same-site']

interface ManagementApiOptions<Services> extends ApiOptions<Services> {
  /** Limit the requests and, of those, the changes of each account. */
  limiters: { requests: RateLimiter; changes: RateLimiter }
}

/** Adds the management API, which servers, the command line and pages of the same origin can call. */
export function addManagementApi<Services extends { control: Pick<ControlStore, 'findApiKey'> }>(
  app: FastifyInstance,
  { routes: table, limiters, services, now }: ManagementApiOptions<Services>,
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
      async (request) => {
        const key = await authenticate(request.headers, services.control, scope)
        const retryAfterS =
          limiters.requests.take(key.accountId, 1) ||
          (request.method === 'GET' ? 0 : limiters.changes.take(key.accountId, 1))
        if (retryAfterS > 0) throw new ApiError('RATE_LIMIT_EXCEEDED', { retryAfterS })
        request.setDecorator('apiKey', key)
      }

    // Unknown methods and paths under the root of an API with its own error format have this format, too.
    const flatRoots = new Map(
      table
        .filter(({ flatErrors }) => flatErrors)
        .map((route) => [rootOf(route), errorHandlerOf({ notFound: describeRoutes(table, rootOf(route)) })]),
    )
    for (const [prefix, errorHandler] of flatRoots)
      void routes.register(
        (unknown, _unknownOptions, registered) => {
          unknown.setErrorHandler(errorHandler)
          unknown.setNotFoundHandler(() => Promise.reject(new ApiError('NOT_FOUND')))
          registered()
        },
        { prefix },
      )
    for (const route of table)
      routes.route({
        method: route.method,
        url: urlOf(route),
        onRequest: requireKey(route.scope),
        ...(route.flatErrors && { errorHandler: errorHandlerOf(route.flatErrors) }),
        handler: (request, reply) => answer({ route, services, now, request, reply }),
      })
    // Reject preflight requests, which never contain an API key, so that no page of another origin can call
    // these routes.
    for (const root of new Set(table.map(rootOf))) {
      const errorHandler = flatRoots.get(root)
      for (const url of [root, `${root}/*`])
        routes.options(url, { onRequest: requireKey('admin'), ...(errorHandler && { errorHandler }) }, () =>
          Promise.reject(new ApiError('NOT_FOUND')),
        )
    }
    done()
  })
}

/** Returns the path of a route up to its first parameter. */
const rootOf = ({ path }: Pick<RouteDocs, 'path'>): string => path.replace(/\/\{.*/, '')

function describeRoutes(table: readonly RouteDocs[], root: string): string {
  const methods = table.filter(({ path }) => path === root).map(({ method }) => method)
  return `There is no such route. Use ${methods.join(', ')} ${root}`
}

/**
 * Marks all routes that are added after this call as private, so that their responses have no CORS headers.
 */
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
