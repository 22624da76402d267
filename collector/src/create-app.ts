import { randomUUID } from 'node:crypto'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Config } from './config.js'
import { createCdnCountryReader } from './geo/create-cdn-country-reader.js'
import type { GeoProvider } from './geo/geo-provider.js'
import { createIngest } from './ingest/create-ingest.js'
import type { Identifier } from './ingest/create-identifier.js'
import { INGEST_RULES, LIVENESS_RULES, createRateLimiter } from './ingest/create-rate-limiter.js'
import { createTrustedProxies } from './ingest/create-trusted-proxies.js'
import type { EventCommit } from './ingest/create-event-commit.js'
import type { GroupCommit } from './ingest/create-group-commit.js'
import { createLiveCounter } from './live/create-live-counter.js'
import type { Metrics } from './metrics/create-metrics.js'
import { addDashboardRoutes } from './routes/dashboard.js'
import { addErrorAnswers } from './routes/error-answers.js'
import { addExternalApiRoutes } from './routes/external-api.js'
import { addHealthRoute } from './routes/health.js'
import { addIngestRoutes } from './routes/ingest.js'
import { addLiveRoutes } from './routes/live.js'
import { addPublicHeaders } from './routes/public-headers.js'
import type { PageAsset } from './routes/read-page-assets.js'
import type { ScriptAsset } from './routes/read-script-assets.js'
import { addScriptRoutes } from './routes/scripts.js'
import type { ControlStore } from './stores/control-store.js'
import { createSiteCache } from './stores/create-site-cache.js'
import type { HeartbeatRow } from './stores/event-row.js'
import type { EventStore } from './stores/event-store.js'

/** Everything the app is made of; who makes it decides where events and control data live. */
export interface AppServices {
  config: Pick<Config, 'trustedProxies' | 'countryHeader'>
  control: ControlStore
  geo: GeoProvider
  events: EventStore
  commit: EventCommit
  heartbeats: GroupCommit<HeartbeatRow>
  identifier: Identifier
  metrics: Metrics
  scripts: ScriptAsset[]
  page: PageAsset[]
  log: FastifyBaseLogger
  /** ms since the epoch; a test may give its own clock. @default Date.now */
  now?: () => number
  /** ms of a clock that never steps, by which limits go. @default performance.now */
  steadyNow?: () => number
}

const REQUEST_TIMEOUT_MS = 15_000
const CONNECTION_TIMEOUT_MS = 60_000
const KEEP_ALIVE_TIMEOUT_MS = 65_000
const JSON_BODY_BYTES = 1024 * 1024

/** Puts the routes together. Does no I/O: nothing listens, nothing is opened. */
export function createApp({ config, control, geo, events, commit, heartbeats, identifier, metrics, scripts, page, log, now = Date.now, steadyNow = () => performance.now() }: AppServices): FastifyInstance {
  const app = Fastify({
    loggerInstance: log,
    // One line for each request would name IPs and drown the errors.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    // A logger for each request costs more than validating it; what is logged names the request itself.
    childLoggerFactory: (logger) => logger,
    // `request.ip` is the peer, always; who is behind a trusted proxy, createTrustedProxies finds out.
    trustProxy: false,
    bodyLimit: JSON_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => {
      reply.header('access-control-allow-origin', '*')
      void app.errorHandler(error, request, reply)
    },
  })
  const findSite = createSiteCache(control, now)
  const live = createLiveCounter(events, now)
  const limiters = {
    events: createRateLimiter({ rules: INGEST_RULES, clock: steadyNow }),
    heartbeats: createRateLimiter({ rules: LIVENESS_RULES, clock: steadyNow }),
    live: createRateLimiter({ rules: LIVENESS_RULES, clock: steadyNow }),
  }
  const { addressOf } = createTrustedProxies(config.trustedProxies)
  const tallies = { events: metrics.events, heartbeats: metrics.heartbeats }
  const ingest = createIngest({ findSite, limiters, identifier, geo, commit, heartbeats, tallies, now })

  addPublicHeaders(app)
  addErrorAnswers(app, now)
  addIngestRoutes(app, { ingest, addressOf, tallies, commit, heartbeats, readCdnCountry: createCdnCountryReader(config) })
  addLiveRoutes(app, { live, findSite, limiter: limiters.live, addressOf, now })
  addScriptRoutes(app, scripts)
  addExternalApiRoutes(app, { control, events, now })
  addHealthRoute(app, { isStoreReachable: async () => !commit.isFailing() && (await events.isReachable()), queueDepth: () => commit.depth() + heartbeats.depth() })
  addDashboardRoutes(app, page)
  return app
}
