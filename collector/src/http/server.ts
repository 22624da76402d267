import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'

interface ServerOptions {
  log: FastifyBaseLogger
  /** Reports a request with a malformed URL, which no hook sees. */
  onBadUrl: () => void
  /** Maximum time for a request to arrive, in milliseconds. @default 13000 */
  requestTimeoutMs?: number | undefined
}

// Limits how long slow senders hold a connection, plus one check interval. 64 KiB take 13 s at 40 kbit/s.
const REQUEST_TIMEOUT_MS = 13_000
const HEADERS_TIMEOUT_MS = 10_000
// Node's default is 30 seconds.
const CHECK_CONNECTIONS_MS = 1_000
const CONNECTION_TIMEOUT_MS = 60_000
const KEEP_ALIVE_TIMEOUT_MS = 65_000
const JSON_BODY_BYTES = 1024 * 1024

/** Creates the HTTP server without routes: limits, timeouts and request IDs. */
export function createServer({
  log,
  onBadUrl,
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
}: ServerOptions): FastifyInstance {
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    // A line per request would contain IPs and bury the errors.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: createRequestIds(),
    // A logger per request costs more than validating an event; log lines pass the request ID themselves.
    childLoggerFactory: (logger) => logger,
    // `request.ip` is always the peer; createTrustedProxies finds the client behind proxies.
    trustProxy: false,
    bodyLimit: JSON_BODY_BYTES,
    http: {
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
      connectionsCheckingInterval: Math.min(CHECK_CONNECTIONS_MS, requestTimeoutMs),
    },
    requestTimeout: requestTimeoutMs,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Requests on open connections are served while the server closes; their answer closes the connection.
    return503OnClosing: false,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    // Fits an id of 200 non-ASCII characters, percent-encoded.
    routerOptions: { maxParamLength: 1_800 },
    frameworkErrors(error, request, reply) {
      onBadUrl()
      reply.header('access-control-allow-origin', '*')
      void app.errorHandler(error, request, reply)
    },
  })
  return app
}

/** Request IDs that are unique across collectors: one UUID per start and a counter. */
function createRequestIds(): () => string {
  const start = randomUUID()
  let requests = 0
  return () => `${start}-${(requests++).toString(36)}`
}

/**
 * Accepts only JSON bodies, as text. Forms and text/plain are refused, because pages of other origins can
 * send them without a preflight.
 */
export function acceptJsonAsText(routes: FastifyInstance, bodyLimit: number): void {
  routes.removeAllContentTypeParsers()
  routes.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit },
    (_request, body, parsed) => parsed(null, body),
  )
}

/** Counts answered requests. `route` is a pattern, never a path, to keep the number of labels small. */
interface RequestMetrics {
  countRequest(route: string, status: number): void
}

/** Counts every answer by the pattern of its route; `none` without a route. */
export function countRequests(app: FastifyInstance, metrics: RequestMetrics): void {
  app.addHook('onResponse', ({ routeOptions }, { statusCode }, done) => {
    metrics.countRequest(routeOptions.url ?? 'none', statusCode)
    done()
  })
}
