import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'

interface ServerOptions {
  log: FastifyBaseLogger
  /** Told of a request whose URL cannot be read: no hook sees it. */
  onBadUrl: () => void
  /** Longest time that a request may take to arrive, in milliseconds. @default 13000 */
  requestTimeoutMs?: number | undefined
}

// Slow senders hold a connection for no longer than this and one check. 64 KiB take 13 s at 40 kbit/s.
const REQUEST_TIMEOUT_MS = 13_000
const HEADERS_TIMEOUT_MS = 10_000
// Node looks for slow senders every 30 seconds unless told otherwise.
const CHECK_CONNECTIONS_MS = 1_000
const CONNECTION_TIMEOUT_MS = 60_000
const KEEP_ALIVE_TIMEOUT_MS = 65_000
const JSON_BODY_BYTES = 1024 * 1024

/** The HTTP server without routes: its limits, its time-outs, and what it makes of a request before a route sees it. */
export function createServer({
  log,
  onBadUrl,
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
}: ServerOptions): FastifyInstance {
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    // One line for each request would name IPs and drown the errors.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: createRequestIds(),
    // A logger for each request costs more than validating it; what is logged names the request itself.
    childLoggerFactory: (logger) => logger,
    // `request.ip` is the peer, always; who is behind a trusted proxy, createTrustedProxies finds out.
    trustProxy: false,
    bodyLimit: JSON_BODY_BYTES,
    http: {
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
      connectionsCheckingInterval: Math.min(CHECK_CONNECTIONS_MS, requestTimeoutMs),
    },
    requestTimeout: requestTimeoutMs,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // What comes on an open connection while the server closes is taken as always; the answer closes the connection.
    return503OnClosing: false,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    // An id of 200 characters beyond ASCII, percent-encoded.
    routerOptions: { maxParamLength: 1_800 },
    frameworkErrors(error, request, reply) {
      onBadUrl()
      reply.header('access-control-allow-origin', '*')
      void app.errorHandler(error, request, reply)
    },
  })
  return app
}

/** Ids that no other collector gives: one UUID for each start, not for each request. */
function createRequestIds(): () => string {
  const start = randomUUID()
  let requests = 0
  return () => `${start}-${(requests++).toString(36)}`
}

/** Takes JSON bodies alone, as text for the decode stage. A form or a text/plain request of a foreign page needs no preflight, and is refused. */
export function acceptJsonAsText(routes: FastifyInstance, bodyLimit: number): void {
  routes.removeAllContentTypeParsers()
  routes.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit },
    (_request, body, parsed) => parsed(null, body),
  )
}

/** Counter of answered requests. `route` is the pattern of a route, never a path: there must be few. */
interface RequestMetrics {
  countRequest(route: string, status: number): void
}

/** Counts every answer by the pattern of its route, `none` where there is no route. */
export function countRequests(app: FastifyInstance, metrics: RequestMetrics): void {
  app.addHook('onResponse', ({ routeOptions }, { statusCode }, done) => {
    metrics.countRequest(routeOptions.url ?? 'none', statusCode)
    done()
  })
}
