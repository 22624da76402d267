import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'

interface ServerOptions {
  log: FastifyBaseLogger
  /** Called for each request with a malformed URL, because Fastify runs no hooks for such a request. */
  onBadUrl: () => void
  /** Maximum time until a request has arrived completely, in milliseconds. @default 13000 */
  requestTimeoutMs?: number | undefined
}

// Limits how long a slow sender can occupy a connection. A request body of 64 KiB takes 13 seconds at 40
// kbit/s.
const REQUEST_TIMEOUT_MS = 13_000
const HEADERS_TIMEOUT_MS = 10_000
// By default, Node checks for connections that have timed out only every 30 seconds.
const CHECK_CONNECTIONS_MS = 1_000
const CONNECTION_TIMEOUT_MS = 60_000
const KEEP_ALIVE_TIMEOUT_MS = 65_000
const JSON_BODY_BYTES = 1024 * 1024

/** Creates the HTTP server with its limits, timeouts and request IDs, but without routes. */
export function createServer({
  log,
  onBadUrl,
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
}: ServerOptions): FastifyInstance {
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    // Requests are not logged, because log lines would contain IP addresses.
    logController: new LogController({ disableRequestLogging: true }),
    // Random: a counter would tell strangers how many requests the collector answers.
    genReqId: () => randomUUID(),
    // Use one logger for all requests, because creating one per request takes longer than validating an
    // event. Log lines include the request ID explicitly.
    childLoggerFactory: (logger) => logger,
    // `request.ip` is always the address of the peer. `createTrustedProxies` finds the client's address
    // behind proxies.
    trustProxy: false,
    bodyLimit: JSON_BODY_BYTES,
    http: {
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
      connectionsCheckingInterval: Math.min(CHECK_CONNECTIONS_MS, requestTimeoutMs),
    },
    requestTimeout: requestTimeoutMs,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Requests on open connections are still processed while the server closes. Each response then closes its
    // connection.
    return503OnClosing: false,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    // Long enough for a percent-encoded ID of 200 non-ASCII characters.
    routerOptions: { maxParamLength: 1_800 },
    frameworkErrors(error, request, reply) {
      onBadUrl()
      reply.header('access-control-allow-origin', '*')
      void app.errorHandler(error, request, reply)
    },
  })
  return app
}

/**
 * Accepts only JSON request bodies and passes them to the routes as text. Forms and `text/plain` are rejected
 * because pages of other origins can send them without a preflight.
 */
export function acceptJsonAsText(routes: FastifyInstance, bodyLimit: number): void {
  routes.removeAllContentTypeParsers()
  routes.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit },
    (_request, body, parsed) => parsed(null, body),
  )
}

/**
 * Counts requests by route and status. `route` is a route pattern instead of a path, to limit the number of
 * label values.
 */
interface RequestMetrics {
  countRequest(route: string, status: number): void
}

/** Counts every response by the URL pattern of its route, or as `none` if no route matched. */
export function countRequests(app: FastifyInstance, metrics: RequestMetrics): void {
  app.addHook('onResponse', ({ routeOptions }, { statusCode }, done) => {
    metrics.countRequest(routeOptions.url ?? 'none', statusCode)
    done()
  })
}
