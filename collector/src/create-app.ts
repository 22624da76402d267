import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Alerts } from './alerts/create-alerts.js'
import { createKeyGate } from './auth/create-key-gate.js'
import type { Config } from './config.js'
import { createCdnCountryReader } from './geo/create-cdn-country-reader.js'
import type { GeoProvider } from './geo/geo-provider.js'
import { createServer } from './create-server.js'
import type { GoalBook } from './goals/create-goal-book.js'
import { createBatchIngest } from './ingest/create-batch-ingest.js'
import { createEventTaker } from './ingest/create-event-taker.js'
import { createIngest } from './ingest/create-ingest.js'
import type { Identifier } from './ingest/create-identifier.js'
import { INGEST_RULES, LIVENESS_RULES, createRateLimiter } from './ingest/create-rate-limiter.js'
import { createTrustedProxies } from './ingest/create-trusted-proxies.js'
import type { EventCommit } from './ingest/create-event-commit.js'
import type { GroupCommit } from './ingest/create-group-commit.js'
import { createLiveCounter } from './live/create-live-counter.js'
import type { Metrics } from './metrics/create-metrics.js'
import { addServiceGauges } from './metrics/add-service-gauges.js'
import { addActivityLogRoute } from './routes/activity-log.js'
import { countRequests } from './routes/count-requests.js'
import type { Erase } from './retention/create-eraser.js'
import { createSummaryReader } from './reports/create-summary-reader.js'
import { addAlertRoutes } from './routes/alerts.js'
import { addBatchRoute } from './routes/batch-events.js'
import { addDashboardRoutes } from './routes/dashboard.js'
import { addErrorAnswers } from './routes/error-answers.js'
import { addExternalApi } from './routes/external/add-external-api.js'
import { addGoalRoutes } from './routes/goals.js'
import { addHealthRoutes } from './routes/health.js'
import { addStripeRoute, addUptimeRoute } from './routes/inbound.js'
import { addIngestRoutes } from './routes/ingest.js'
import { addKeyRoutes } from './routes/keys.js'
import { addLiveRoutes } from './routes/live.js'
import { addMetricsRoute } from './routes/metrics.js'
import { addPublicHeaders } from './routes/public-headers.js'
import type { PageAsset } from './routes/read-page-assets.js'
import type { ScriptAsset } from './routes/read-script-assets.js'
import { addScriptRoutes } from './routes/scripts.js'
import { addSiteRoutes } from './routes/sites.js'
import { addStreamRoute } from './routes/stream.js'
import { addZenovayWebhookRoutes } from './routes/zenovay-webhooks.js'
import { addZtaWebhookRoutes } from './routes/zta-webhooks.js'
import type { SecretBox } from './secrets/create-secret-box.js'
import type { ChangeLog } from './stores/change-log.js'
import type { ControlStore } from './stores/control-store.js'
import { createSiteCache } from './stores/create-site-cache.js'
import type { EmbeddedEngine } from './stores/embedded-engine.js'
import type { InboundStore } from './stores/inbound-store.js'
import type { HeartbeatRow } from './stores/event-row.js'
import type { EventStore } from './stores/event-store.js'
import type { GoalStore } from './stores/goal-store.js'
import type { ReportStore } from './stores/report-store.js'
import { createStreamHub } from './stream/create-stream-hub.js'
import type { EgressGuard } from './webhooks/create-egress-guard.js'
import { TEST_RULES, createWebhookDesk } from './webhooks/create-webhook-desk.js'
import type { Webhooks } from './webhooks/create-webhooks.js'
import { addWebhookGauges } from './webhooks/webhook-metrics.js'

/** Everything the app is made of; who makes it decides where events and control data live. */
export interface AppServices {
  config: Pick<Config, 'trustedProxies' | 'countryHeader' | 'metricsToken' | 'stripe' | 'uptimeToken'>
  control: ControlStore
  geo: GeoProvider
  events: EventStore
  reports: ReportStore
  commit: EventCommit
  heartbeats: GroupCommit<HeartbeatRow>
  identifier: Identifier
  webhooks: Webhooks
  /** Says where webhooks may be sent. */
  egress: EgressGuard
  secretBox: SecretBox
  goals: GoalStore
  /** By which events are judged. */
  goalBook: Pick<GoalBook, 'load'>
  alerts: Alerts
  inbound: InboundStore
  changes: ChangeLog
  metrics: Metrics
  /** Undefined where ClickHouse is a server of its own. */
  engine?: Pick<EmbeddedEngine, 'isUp' | 'restarts'> | undefined
  /** Longest time that a request may take to arrive, in milliseconds. @default 13000 */
  requestTimeoutMs?: number
  erase: Erase
  scripts: ScriptAsset[]
  page: PageAsset[]
  log: FastifyBaseLogger
  /** ms since the epoch; a test may give its own clock. @default Date.now */
  now?: () => number
  /** ms of a clock that never steps, by which limits go. @default performance.now */
  steadyNow?: () => number
}

/** Puts the routes together. Does no I/O: nothing listens, nothing is opened. */
export function createApp(services: AppServices): FastifyInstance {
  const {
    config,
    control,
    geo,
    events,
    reports,
    commit,
    heartbeats,
    identifier,
    webhooks,
    egress,
    secretBox,
    goals,
    goalBook,
    metrics,
    alerts,
    inbound,
    changes,
    erase,
    engine,
    scripts,
    page,
    log,
    requestTimeoutMs,
    now = Date.now,
    steadyNow = () => performance.now(),
  } = services
  const app = createServer({ log, requestTimeoutMs, onBadUrl: () => metrics.countRequest('none', 404) })
  const sites = createSiteCache(control, now)
  const live = createLiveCounter({ store: events, now, steadyNow })
  const gate = createKeyGate({ control, now })
  const hub = createStreamHub({
    store: events,
    countLive: live.count,
    readSummary: createSummaryReader({ reports, now }),
    now,
  })
  const limiters = {
    events: createRateLimiter({ rules: INGEST_RULES, clock: steadyNow }),
    heartbeats: createRateLimiter({ rules: LIVENESS_RULES, clock: steadyNow }),
    live: createRateLimiter({ rules: LIVENESS_RULES, clock: steadyNow }),
  }
  const { addressOf } = createTrustedProxies(config.trustedProxies)
  const tallies = { events: metrics.events, heartbeats: metrics.heartbeats }
  const desk = createWebhookDesk({
    webhooks,
    guard: egress,
    box: secretBox,
    limiter: createRateLimiter({ rules: TEST_RULES, clock: steadyNow, maxClients: 1_000, maxRuns: 30_000 }),
  })
  const take = createEventTaker({ identifier, commit, now })
  const ingest = createIngest({
    findSite: sites.find,
    limiters,
    take,
    identifier,
    geo,
    heartbeats,
    tallies,
    now,
  })
  const takeBatch = createBatchIngest({ control, findSite: sites.find, take, tally: metrics.events, now })

  addServiceGauges(metrics.registry, { queues: { events: commit, heartbeats }, streams: hub, engine })
  addWebhookGauges(metrics.registry, webhooks)
  countRequests(app, metrics)
  addPublicHeaders(app)
  addErrorAnswers(app, now)
  addIngestRoutes(app, {
    ingest,
    addressOf,
    tallies,
    commit,
    heartbeats,
    readCdnCountry: createCdnCountryReader(config),
  })
  addBatchRoute(app, { gate, takeBatch, tally: metrics.events, commit, now })
  addLiveRoutes(app, { live, findSite: sites.find, limiter: limiters.live, addressOf, now })
  addScriptRoutes(app, scripts)
  addExternalApi(app, { control, reports, goals, gate, now })
  addStreamRoute(app, { control, gate, hub })
  addSiteRoutes(app, { control, sites, erase, now })
  addKeyRoutes(app, { control, now })
  addGoalRoutes(app, { control, goals, book: goalBook, now })
  addZenovayWebhookRoutes(app, { control, desk })
  addZtaWebhookRoutes(app, { control, desk, now })
  addActivityLogRoute(app, { control, webhooks, changes, now })
  addAlertRoutes(app, { control, alerts, now })
  if (config.stripe) addStripeRoute(app, { store: inbound, log, now, ...config.stripe })
  if (config.uptimeToken !== undefined)
    addUptimeRoute(app, { store: inbound, alerts, log, now, token: config.uptimeToken })
  addHealthRoutes(app, { isStoreReachable: () => events.isReachable(), queues: [commit, heartbeats] })
  if (config.metricsToken !== undefined)
    addMetricsRoute(app, { registry: metrics.registry, token: config.metricsToken })
  addDashboardRoutes(app, page)
  return app
}
