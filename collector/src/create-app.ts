import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { AlertManagement } from './alerts/management.js'
import { createKeyGate } from './control/keys/gate.js'
import type { SiteStatusStore } from './alerts/alert-store.js'
import type { Config } from './config.js'
import { createCdnCountryReader } from './ingest/enrich/geo.js'
import type { GeoProvider } from './ingest/enrich/geo.js'
import { createServer } from './http/server.js'
import type { GoalCache } from './control/goals/goal-cache.js'
import { createBatchIngest } from './ingest/batch.js'
import { createEventProcessor, createIngest } from './ingest/pipeline.js'
import type { Identifier } from './ingest/identify/identifier.js'
import { INGEST_RULES, LIVENESS_RULES, createRateLimiter } from './http/rate-limit/rate-limiter.js'
import { createTrustedProxies } from './http/client-address.js'
import type { EventCommit } from './ingest/commit/event-commit.js'
import type { GroupCommit } from './ingest/commit/group-commit.js'
import { createLiveCounter } from './reports/realtime/live-counter.js'
import { addServiceGauges, type EngineState, type Metrics } from './ingest/metrics.js'
import { addActivityLogRoute } from './routes/activity.js'
import { countRequests } from './http/server.js'
import type { Erase } from './jobs/erase.js'
import { createSummaryQuery } from './reports/realtime/stream-hub.js'
import { addAlertRoutes } from './routes/alerts.js'
import { addBatchRoute } from './routes/events.js'
import { addDashboardRoutes } from './routes/dashboard.js'
import { addErrorAnswers } from './http/error-answers.js'
import { addExternalApi } from './http/api/register.js'
import { addGoalRoutes } from './routes/goals.js'
import { addHealthRoutes } from './routes/health.js'
import { addStripeRoute } from './routes/integrations.js'
import { addUptimeRoute } from './routes/integrations.js'
import { addEventRoutes } from './routes/events.js'
import { DESCRIBED_ROUTES, EXTERNAL_ROUTES } from './routes/index.js'
import { addKeyRoutes } from './routes/keys.js'
import { addLiveRoutes } from './routes/live.js'
import { addMetricsRoute } from './routes/metrics.js'
import { addCorsHeaders } from './http/cors.js'
import type { PageAsset } from './routes/dashboard.js'
import type { ScriptAsset } from './routes/scripts.js'
import { addScriptRoutes } from './routes/scripts.js'
import { addSiteRoutes } from './routes/sites.js'
import { addStreamRoute } from './routes/stream.js'
import { addZenovayWebhookRoutes } from './routes/webhooks.js'
import { addZtaWebhookRoutes } from './routes/zta-webhooks.js'
import type { SecretBox } from './control/secrets/secret-box.js'
import type { ChangeLog } from './control/change-log.js'
import type { ControlStore } from './control/control-store.js'
import { createSiteCache } from './ingest/admit/site-cache.js'
import type { BillingStore } from './control/integrations/billing-store.js'
import type { HeartbeatRow } from './ingest/event-row.js'
import type { EventStore } from './ingest/event-store.js'
import type { GoalStore } from './control/goals/goal-store.js'
import type { ReportStore } from './reports/report-store.js'
import { createStreamHub } from './reports/realtime/stream-hub.js'
import type { EgressGuard } from './egress/guard.js'
import { TEST_RULES, createWebhookManagement } from './webhooks/management.js'
import type { Webhooks } from './webhooks/service.js'
import { addWebhookGauges } from './webhooks/metrics.js'

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
  goalBook: Pick<GoalCache, 'load'>
  alerts: AlertManagement
  integrations: BillingStore & SiteStatusStore
  changes: ChangeLog
  metrics: Metrics
  /** Undefined where ClickHouse is a server of its own. */
  engine?: EngineState | undefined
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
    integrations,
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
    querySummary: createSummaryQuery({ reports, now }),
    now,
  })
  const limiters = {
    events: createRateLimiter({ rules: INGEST_RULES, clock: steadyNow }),
    heartbeats: createRateLimiter({ rules: LIVENESS_RULES, clock: steadyNow }),
    live: createRateLimiter({ rules: LIVENESS_RULES, clock: steadyNow }),
  }
  const { addressOf } = createTrustedProxies(config.trustedProxies)
  const tallies = { events: metrics.events, heartbeats: metrics.heartbeats }
  const desk = createWebhookManagement({
    webhooks,
    guard: egress,
    box: secretBox,
    limiter: createRateLimiter({ rules: TEST_RULES, clock: steadyNow, maxClients: 1_000, maxRuns: 30_000 }),
  })
  const processEvent = createEventProcessor({ identifier, commit, now })
  const ingest = createIngest({
    findSite: sites.find,
    limiters,
    processEvent,
    identifier,
    geo,
    heartbeats,
    tallies,
    now,
  })
  const ingestBatch = createBatchIngest({
    control,
    findSite: sites.find,
    processEvent,
    tally: metrics.events,
    now,
  })

  addServiceGauges(metrics.registry, { queues: { events: commit, heartbeats }, streams: hub, engine })
  addWebhookGauges(metrics.registry, webhooks)
  countRequests(app, metrics)
  addCorsHeaders(app)
  addErrorAnswers(app, now)
  addEventRoutes(app, {
    ingest,
    addressOf,
    tallies,
    commit,
    heartbeats,
    readCdnCountry: createCdnCountryReader(config),
  })
  addBatchRoute(app, { gate, ingestBatch, tally: metrics.events, commit, now })
  addLiveRoutes(app, { live, findSite: sites.find, limiter: limiters.live, addressOf, now })
  addScriptRoutes(app, scripts)
  addExternalApi(app, {
    control,
    reports,
    goals,
    gate,
    table: { routes: EXTERNAL_ROUTES, others: DESCRIBED_ROUTES },
    now,
  })
  addStreamRoute(app, { control, gate, hub })
  addSiteRoutes(app, { control, sites, erase, now })
  addKeyRoutes(app, { control, now })
  addGoalRoutes(app, { control, goals, book: goalBook, now })
  addZenovayWebhookRoutes(app, { control, desk })
  addZtaWebhookRoutes(app, { control, desk, now })
  addActivityLogRoute(app, { control, webhooks, changes, now })
  addAlertRoutes(app, { control, alerts, now })
  if (config.stripe) addStripeRoute(app, { store: integrations, log, now, ...config.stripe })
  if (config.uptimeToken !== undefined)
    addUptimeRoute(app, { store: integrations, alerts, log, now, token: config.uptimeToken })
  addHealthRoutes(app, { isStoreReachable: () => events.isReachable(), queues: [commit, heartbeats] })
  if (config.metricsToken !== undefined)
    addMetricsRoute(app, { registry: metrics.registry, token: config.metricsToken })
  addDashboardRoutes(app, page)
  return app
}
