import { dirname, join } from 'node:path'
import { SESSION_TIMEOUT_MS } from '@zenovay/tracker/contract'
import type { Logger } from 'pino'
import { createAlertCounts } from './alerts/metrics.js'
import { createAlerts } from './alerts/service.js'
import type { Config } from './config.js'
import type { ControlStore } from './control/control-store.js'
import { createGoalCache } from './control/goals/goal-cache.js'
import { openSecretBox, type Sealed } from './control/secrets/master-key.js'
import { createApp } from './create-app.js'
import { createAttempt } from './egress/attempt.js'
import { createEgressGuard } from './egress/guard.js'
import { StartError, describeError } from './errors.js'
import { bindServer } from './http/listen.js'
import { createDuplicateSweep } from './ingest/commit/duplicate-sweep.js'
import { createEventCommit } from './ingest/commit/event-commit.js'
import { createGroupCommit } from './ingest/commit/group-commit.js'
import { openGeo } from './ingest/enrich/geo.js'
import type { HeartbeatRow } from './ingest/event-row.js'
import { MAX_SESSIONS, createIdentifier } from './ingest/identify/identifier.js'
import { createSaltRotation } from './ingest/identify/salts.js'
import { createMetrics, type Metrics } from './ingest/metrics.js'
import { createEraser } from './jobs/erase.js'
import { listJobs } from './jobs/index.js'
import { startJobs } from './jobs/job.js'
import { createLog } from './observability/log.js'
import { addProcessMetrics } from './observability/process-metrics.js'
import { loadPageAssets } from './routes/dashboard.js'
import { loadScriptAssets } from './routes/scripts.js'
import { openClickhouseStores } from './stores/clickhouse/open.js'
import { startEmbeddedEngine } from './stores/engine/embedded-engine.js'
import { createSaltFolder } from './stores/salt-folder.js'
import { openStores as openDatabase, type ControlStores } from './stores/sql/database.js'
import { createWebhookEventJob } from './webhooks/events/job.js'
import { createDeliveryCounts } from './webhooks/metrics.js'
import { createWebhooks } from './webhooks/service.js'
import { createSend } from './webhooks/send.js'
import { signDelivery } from './webhooks/signing.js'

/** A running collector. */
export interface Collector {
  /** URL of the HTTP server, such as `http://127.0.0.1:8787`. */
  url: string
  control: ControlStore
  /** Stops accepting requests, writes all acknowledged events and closes the stores, within five seconds. */
  close(): Promise<void>
}

// Time limits that allow the collector to close within five seconds.
const FINISH_WITHIN_MS = 3_500
const STOP_JOBS_WITHIN_MS = 1_000

/**
 * Opens the stores and starts the HTTP server. Rejects with a {@link StartError} whose message is one line
 * that explains how to fix the problem. Tests may pass `now`, which returns the Unix time in milliseconds, and
 * `steadyNow`, the clock of rate limits.
 */
export function startCollector(
  config: Config,
  { now = Date.now, steadyNow }: { now?: () => number; steadyNow?: () => number } = {},
): Promise<Collector> {
  return step(async (onClose) => {
    const metrics = createMetrics()
    const context = { config, log: createLog(config.logLevel), metrics, now, steadyNow }

    const stores = await openStores(context)
    onClose(stores.close)
    const engine = await startEngine(context)
    onClose(engine.close)
    const delivery = await startDelivery(context, stores, engine)
    onClose(delivery.close)
    const ingest = await startIngest(context, { ...stores, ...engine, ...delivery })
    const { url, close } = await listen(context, { ...stores, ...engine, ...delivery, ...ingest })
    // Stop the HTTP server and the deliveries at the same time, because each may need most of the available
    // time.
    onClose(() => Promise.all([close(), delivery.webhooks.stop(FINISH_WITHIN_MS)]))

    return { url, control: stores.control }
  })
}

interface Context {
  config: Config
  log: Logger
  metrics: Metrics
  now: () => number
  steadyNow: (() => number) | undefined
}

type OnClose = (close: () => unknown) => void

/**
 * Runs a startup step and adds `close` to its result. `close` releases the resources of the step in reverse
 * order. It is also called if the step fails.
 */
async function step<Opened>(
  open: (onClose: OnClose) => Promise<Opened>,
): Promise<Opened & { close(): Promise<void> }> {
  const closers: (() => unknown)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    return { ...(await open((closer) => closers.push(closer))), close }
  } catch (error) {
    await close()
    throw error
  }
}

// `Stores` and `Delivery` both contain `webhooks` and `alerts`. Those of `Delivery` take precedence.
type Stores = Awaited<ReturnType<typeof openStores>>
type Engine = Awaited<ReturnType<typeof startEngine>>
type Delivery = Awaited<ReturnType<typeof startDelivery>>
type Ingest = Awaited<ReturnType<typeof startIngest>>
type Services = Omit<Stores, keyof Delivery> & Engine & Delivery

/** Opens the control store, and loads the master key and the salts from the same folder. */
function openStores({ config, log, now }: Context) {
  return step(async (onClose) => {
    const database = await openDatabase(config)
    onClose(() => database.control.close())
    const folder = dirname(config.controlFile)
    const secretBox = await openSecretBox({
      given: config.masterKey,
      file: join(folder, 'master.key'),
      sealed: await findSealed(database),
    })
    const saltFolder = join(folder, 'salts')
    const salts = createSaltRotation({ store: createSaltFolder(saltFolder), log, now })
    await salts.expiry.run().catch((error: unknown) => {
      throw new StartError(
        `Cannot store salts in ${saltFolder}: ${describeError(error)}. Make the folder writable for this user.`,
      )
    })
    return { ...database, secretBox, salts }
  })
}

/** Opens the event stores. Starts the embedded engine if no ClickHouse server is configured. */
function startEngine({ config, log }: Context) {
  return step(async (onClose) => {
    const { clickhouseUrl: url, dataDir } = config
    const engine = url === undefined ? await startEmbeddedEngine(join(dataDir, 'engine'), log) : undefined
    if (engine) onClose(engine.stop)
    const { close, ...stores } = await openClickhouseStores(engine ? { engine } : { url: url! })
    onClose(close)
    return { engine, ...stores }
  })
}

/**
 * Starts the delivery of webhooks and alert notifications, including those that an earlier process did not
 * deliver.
 */
function startDelivery({ config, log, metrics: { registry }, now }: Context, stores: Stores, engine: Engine) {
  return step(async (onClose) => {
    const { control, checkpoints, secretBox: box } = stores
    const guard = createEgressGuard({ allowLoopback: config.webhookLoopback })
    const attempt = createAttempt({ guard })
    const send = createSend({ attempt, sign: signDelivery, openSecret: box.open, now })
    const webhooks = await createWebhooks({
      store: stores.webhooks,
      send,
      counts: createDeliveryCounts(registry),
      log,
      now,
    })
    onClose(() => webhooks.stop(0))
    const { outbox } = webhooks
    const goals = createGoalCache(stores.goals)
    const webhookEvents = await createWebhookEventJob({
      ...engine,
      control,
      checkpoints,
      outbox,
      goals,
      log,
      now,
    })
    const services = { ...engine, control, outbox, box, guard, attempt, mail: config.mail, log, now }
    const alerts = createAlerts({
      ...services,
      store: stores.alerts,
      recipientStore: stores.recipients,
      counts: createAlertCounts(registry),
    })
    onClose(alerts.stop)
    return { egress: guard, webhooks, webhookEvents, goalCache: goals, alerts }
  })
}

/** Creates the services that process events before they are stored. */
async function startIngest(
  { config, log, metrics, now }: Context,
  { salts, events, rollups, webhooks, webhookEvents }: Services,
) {
  const geo = await openGeo(config.geoDatabaseFile)
  const isShared = config.clickhouseUrl !== undefined
  const duplicates = createDuplicateSweep({ store: events, isShared, log, now })
  await duplicates.sweepAfterCrash()
  const commit = await createEventCommit({
    store: events,
    log,
    metrics: metrics.eventCommit,
    onReuse: () => metrics.idReuse.add(),
    publish: webhookEvents.publish,
    maxDeliveries: webhookEvents.maxDeliveries,
    now,
  })
  const heartbeats = createGroupCommit<HeartbeatRow>({
    write: (rows, batchId, signal) => events.insertHeartbeats(rows, batchId, signal),
    metrics: metrics.heartbeatCommit,
    log,
  })
  const recent = await events.recentSessions(now() - SESSION_TIMEOUT_MS, MAX_SESSIONS)
  const identifier = createIdentifier({ salts, recent })
  const erase = createEraser({ events, commit, heartbeats, rollups, webhooks })
  return { geo, duplicates, commit, heartbeats, identifier, erase }
}

/** Starts the HTTP server and, once it accepts requests, the background jobs. */
function listen(context: Context, services: Services & Ingest) {
  return step(async (onClose) => {
    const { config, log, metrics, now, steadyNow } = context
    const { host, port } = config
    const { control, events, reports, goals, integrations, changes } = services
    const { commit, heartbeats, identifier, geo, goalCache, erase, engine } = services
    const processMetrics = addProcessMetrics(metrics.registry)
    onClose(processMetrics.close)
    const [scripts, page] = await Promise.all([loadScriptAssets(), loadPageAssets()])
    const app = createApp({
      config,
      stores: { control, events, reports, goals, integrations, changes },
      ingest: { commit, heartbeats, identifier, geo },
      webhooks: { deliveries: services.webhooks, guard: services.egress, box: services.secretBox },
      alerts: services.alerts.management,
      recipients: services.alerts.recipients,
      goalCache,
      erase,
      metrics,
      engine,
      assets: { scripts, page },
      log,
      now,
      ...(steadyNow && { steadyNow }),
    })
    const server = await bindServer({ app, host, port, commits: [commit, heartbeats] })
    const jobs = startJobs(listJobs({ ...context, ...services }), { log, metrics: metrics.registry })
    onClose(() => Promise.all([server.close(FINISH_WITHIN_MS), jobs.stop(STOP_JOBS_WITHIN_MS)]))
    return { url: server.url }
  })
}

/** Returns one encrypted secret of each kind, to check the master key. */
async function findSealed({ webhooks, alerts }: ControlStores): Promise<Sealed[]> {
  const secret = await webhooks.findSealedSecret()
  const destination = await alerts.findSealedDestination()
  return [
    ...(secret === undefined ? [] : [{ of: 'webhooks' as const, text: secret }]),
    ...(destination === undefined ? [] : [{ of: 'alerts' as const, text: destination }]),
  ]
}
