import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { SiteStatusStore } from './alerts/alert-store.js'
import type { AlertManagement } from './alerts/management.js'
import type { Recipients } from './alerts/recipients/recipients.js'
import type { Config } from './config.js'
import type { ChangeLog } from './control/change-log.js'
import type { ControlStore } from './control/control-store.js'
import type { GoalCache } from './control/goals/goal-cache.js'
import type { GoalStore } from './control/goals/goal-store.js'
import type { BillingStore } from './control/integrations/billing-store.js'
import { createKeyGate } from './control/keys/gate.js'
import type { SecretBox } from './control/secrets/secret-box.js'
import type { EgressGuard } from './egress/guard.js'
import { createFairQueue } from './fair-queue.js'
import { addExternalApi, addManagementApi } from './http/api/register.js'
import { createTrustedProxies } from './http/client-address.js'
import { addCorsHeaders } from './http/cors.js'
import { addErrorAnswers } from './http/error-answers.js'
import { createProxyKeys } from './http/proxy-keys.js'
import {
  ACCOUNT_MEMORY,
  CHANGE_RULES,
  createRateLimiter,
  HEALTH_RULES,
  INGEST_RULES,
  LIVENESS_RULES,
  MANAGEMENT_RULES,
  PAGE_RULES,
  type RateRule,
  SCRIPT_RULES,
} from './http/rate-limit.js'
import { createRequestLimit } from './http/request-limit.js'
import { createSenders } from './http/senders.js'
import { countRequests, createServer } from './http/server.js'
import { createSiteCache } from './ingest/admit/site-cache.js'
import { createBatchIngest } from './ingest/batch.js'
import type { EventCommit } from './ingest/commit/event-commit.js'
import type { GroupCommit } from './ingest/commit/group-commit.js'
import { createCdnCountryReader, type GeoProvider } from './ingest/enrich/geo.js'
import type { HeartbeatRow } from './ingest/event-row.js'
import type { EventStore } from './ingest/event-store.js'
import type { Identifier } from './ingest/identify/identifier.js'
import { addServiceGauges, type EngineState, type Metrics } from './ingest/metrics.js'
import { createEventProcessor, createIngest } from './ingest/pipeline.js'
import type { Erase } from './jobs/erase.js'
import { createLiveCounter } from './reports/realtime/live-counter.js'
import { createStreamHub, createSummaryQuery } from './reports/realtime/stream-hub.js'
import type { ReportStore } from './reports/report-store.js'
import { addBatchRoute } from './routes/batch-events.js'
import { addDashboardRoutes, type PageAsset } from './routes/dashboard.js'
import type { RouteServices } from './routes/define-route.js'
import { addEventRoutes } from './routes/events.js'
import { addHealthRoutes } from './routes/health.js'
import { EXTERNAL_ROUTES, MANAGEMENT_ROUTES, RAW_ROUTES } from './routes/index.js'
import { addStripeRoute, addUptimeRoute } from './routes/integrations.js'
import { addLiveRoutes } from './routes/live.js'
import { addMailRoutes } from './routes/mail.js'
import { addMetricsRoute } from './routes/metrics.js'
import { addScriptRoutes, type ScriptAsset } from './routes/scripts.js'
import { addStreamRoute } from './routes/stream.js'
import { DELIVERIES } from './routes/webhook-deliveries.js'
import { createWebhookManagement, TEST_RULES } from './webhooks/management.js'
import { addWebhookGauges } from './webhooks/metrics.js'
import type { Webhooks } from './webhooks/service.js'

/**
 * Number of reports and of batches at the same time. One account may use half or a quarter of the places, so that the
 * others never wait for all of its tasks. The engine answers four reports at a time.
 */
export const REPORT_PLACES = { concurrent: 4, perAccount: 2 }
export const BATCH_PLACES = { concurrent: 8, perAccount: 2 }

/** Services that the HTTP server uses. The caller opens and closes them. */
export interface AppServices {
  config: Pick<
    Config,
    'trustedProxies' | 'proxyKeys' | 'countryHeader' | 'metricsToken' | 'stripe' | 'uptimeToken'
  >
  stores: {
    control: ControlStore
    events: EventStore
    reports: ReportStore
    goals: GoalStore
    integrations: BillingStore & SiteStatusStore
    changes: ChangeLog
  }
  ingest: {
    commit: EventCommit
    heartbeats: GroupCommit<HeartbeatRow>
    identifier: Identifier
    geo: GeoProvider
  }
  webhooks: { deliveries: Webhooks; guard: EgressGuard; box: SecretBox }
  alerts: AlertManagement
  recipients: Recipients
  goalCache: Pick<GoalCache, 'load'>
  erase: Erase
  metrics: Metrics
  /** State of the embedded engine, or undefined if the collector uses an external ClickHouse server. */
  engine?: EngineState | undefined
  assets: { scripts: ScriptAsset[]; page: PageAsset[] }
  log: FastifyBaseLogger
  /** Returns the Unix time in milliseconds. @default Date.now */
  now?: () => number
  /** Returns the time of a monotonic clock in milliseconds, for rate limits. @default performance.now */
  steadyNow?: () => number
  /** Maximum time to receive a complete request, in milliseconds. @default 13000 */
  requestTimeoutMs?: number
}

/** Creates the HTTP server with all routes. Performs no I/O: it neither opens files nor listens on a port. */
export function createApp(app: AppServices): FastifyInstance {
  const { config, stores, ingest, webhooks, alerts, metrics, log, requestTimeoutMs } = app
  const { now = Date.now, steadyNow = () => performance.now() } = app
  const { control, events, reports, integrations } = stores
  const { commit, heartbeats } = ingest
  const tallies = { events: metrics.events, heartbeats: metrics.heartbeats }

  const server = createServer({ log, requestTimeoutMs, onBadUrl: () => metrics.countRequest('none', 404) })
  const gate = createKeyGate({ control, now })
  const limiters = {
    events: createRateLimiter({ rules: INGEST_RULES, clock: steadyNow }),
    heartbeats: createRateLimiter({ rules: LIVENESS_RULES, clock: steadyNow }),
    management: createRateLimiter({ rules: MANAGEMENT_RULES, clock: steadyNow, ...ACCOUNT_MEMORY }),
    changes: createRateLimiter({ rules: CHANGE_RULES, clock: steadyNow, ...ACCOUNT_MEMORY }),
    tests: createRateLimiter({ rules: TEST_RULES, clock: steadyNow, maxClients: 1_000, maxRuns: 30_000 }),
  }
  const sites = createSiteCache(control, now)
  const senderOf = createSenders({
    keys: createProxyKeys(config.proxyKeys),
    addressOf: createTrustedProxies(config.trustedProxies).addressOf,
    readCdnCountry: createCdnCountryReader(config),
    findSite: sites.find,
    count: metrics.countProxyRequest,
  })
  const limitRequests = (rules: RateRule[]) =>
    createRequestLimit(createRateLimiter({ rules, clock: steadyNow }), senderOf)
  const limitPages = limitRequests(PAGE_RULES)
  const pipeline = { ...ingest, findSite: sites.find, now }
  const processEvent = createEventProcessor(pipeline)
  const live = createLiveCounter({ store: events, now, steadyNow })
  const reportQueue = createFairQueue(REPORT_PLACES)
  const querySummary = createSummaryQuery({ reports, queue: reportQueue, now })
  const hub = createStreamHub({ store: events, countLive: live.count, querySummary, now })
  const services: RouteServices = {
    ...stores,
    goalCache: app.goalCache,
    alerts,
    webhooks: createWebhookManagement({
      webhooks: webhooks.deliveries,
      guard: webhooks.guard,
      box: webhooks.box,
      limiter: limiters.tests,
    }),
    deliveries: webhooks.deliveries,
    sites,
    erase: app.erase,
  }

  addServiceGauges(metrics.registry, {
    queues: { events: commit, heartbeats },
    streams: hub,
    engine: app.engine,
  })
  addWebhookGauges(metrics.registry, webhooks.deliveries)
  countRequests(server, metrics)
  addCorsHeaders(server)
  addErrorAnswers(server, now)

  addExternalApi(server, {
    routes: EXTERNAL_ROUTES,
    documented: [...MANAGEMENT_ROUTES, ...RAW_ROUTES],
    deliveries: DELIVERIES,
    gate,
    queue: reportQueue,
    services,
    limitDocuments: limitPages,
    now,
  })
  addManagementApi(server, {
    routes: MANAGEMENT_ROUTES,
    limiters: { requests: limiters.management, changes: limiters.changes },
    services,
    now,
  })
  addEventRoutes(server, {
    ingest: createIngest({ ...pipeline, limiters, processEvent, tallies }),
    senderOf,
    tallies,
    commit,
    heartbeats,
  })
  addBatchRoute(server, {
    gate,
    queue: createFairQueue(BATCH_PLACES),
    ingestBatch: createBatchIngest({
      control,
      findSite: sites.find,
      processEvent,
      tally: tallies.events,
      now,
    }),
    tally: tallies.events,
    commit,
    now,
  })
  addLiveRoutes(server, { live, findSite: sites.find, limit: limitRequests(LIVENESS_RULES), now })
  addStreamRoute(server, { control, gate, hub })
  if (config.stripe) addStripeRoute(server, { integrations, log, now }, config.stripe)
  if (config.uptimeToken !== undefined)
    addUptimeRoute(server, { integrations, alerts, log, now }, config.uptimeToken)
  addScriptRoutes(server, app.assets.scripts, limitRequests(SCRIPT_RULES))
  addDashboardRoutes(server, app.assets.page, limitPages)
  addMailRoutes(server, { recipients: app.recipients, limit: limitRequests(PAGE_RULES) })
  addHealthRoutes(server, {
    isStoreReachable: () => events.isReachable(),
    queues: [commit, heartbeats],
    limit: limitRequests(HEALTH_RULES),
    steadyNow,
  })
  if (config.metricsToken !== undefined)
    addMetricsRoute(server, { registry: metrics.registry, token: config.metricsToken })
  return server
}
