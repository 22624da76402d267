import { dirname, join } from 'node:path'
import { SESSION_TIMEOUT_MS } from '@zenovay/tracker/contract'
import type { FastifyInstance } from 'fastify'
import { createAlertCounts } from './alerts/metrics.js'
import { startAlerts } from './alerts/start-alerts.js'
import type { Config } from './config.js'
import { createApp } from './create-app.js'
import { createLog } from './observability/log.js'
import { StartError, describeError } from './errors.js'
import { createGoalCache } from './control/goals/goal-cache.js'
import { createDuplicateSweep } from './ingest/commit/duplicate-sweep.js'
import { createEventCommit, type EventCommit } from './ingest/commit/event-commit.js'
import { MAX_SESSIONS, createIdentifier } from './ingest/identify/identifier.js'
import { openGeo } from './ingest/enrich/geo.js'
import { createGroupCommit } from './ingest/commit/group-commit.js'
import { createSaltRotation } from './ingest/identify/salts.js'
import { addProcessMetrics } from './observability/process-metrics.js'
import { createMetrics } from './ingest/metrics.js'
import { openStores } from './stores/sql/database.js'
import { createEraser } from './jobs/erase.js'
import { HOUSEKEEPING_INTERVAL_MS, createHousekeeping } from './jobs/housekeeping.js'
import { loadPageAssets } from './routes/dashboard.js'
import { loadScriptAssets } from './routes/scripts.js'
import { openSecretBox, type Sealed } from './control/secrets/master-key.js'
import { createClickhouseEventStore } from './stores/clickhouse/event-store.js'
import { createClickhouseMetricSource } from './stores/clickhouse/alert-metrics.js'
import { createClickhouseReportStore } from './stores/clickhouse/report-store.js'
import { createClickhouseActivityStore } from './stores/clickhouse/activity.js'
import type { ControlStore } from './control/control-store.js'
import { startEmbeddedEngine, type EmbeddedEngine } from './stores/engine/embedded-engine.js'
import type { HeartbeatRow } from './ingest/event-row.js'
import type { EventStore } from './ingest/event-store.js'
import type { ControlStores } from './stores/sql/database.js'
import { createRollups } from './stores/clickhouse/rollups/roll-up.js'
import { createSaltFolder } from './stores/salt-folder.js'
import { findBrokenParts } from './stores/clickhouse/backup.js'
import { createAttempt } from './egress/attempt.js'
import { createEgressGuard } from './egress/guard.js'
import { createSend } from './webhooks/signing.js'
import { createWebhooks } from './webhooks/service.js'
import { signDelivery } from './webhooks/signing.js'
import { WATCH_INTERVAL_MS, createWebhookEventJob } from './webhooks/events/job.js'
import { createDeliveryCounts } from './webhooks/metrics.js'

const IDLE_SWEEP_MS = 50
// Of Node's 511 waiting connections, a rush of 2,000 reset 250: the kernel had taken them and dropped their first bytes.
const BACKLOG = 4_096
// Five seconds in all, of which the engine may take half a one.
const FINISH_WITHIN_MS = 3_500
const LAST_ANSWERS_MS = 250

/** A running collector. */
export interface Collector {
  /** Where it listens, such as `http://127.0.0.1:8787`. */
  url: string
  control: ControlStore
  /** Stops taking requests, writes what was taken, and closes the stores, within five seconds. Loses nothing that was acknowledged. */
  close(): Promise<void>
}

/** Opens the stores and listens. Rejects with a {@link StartError} that says in one line what to do. A test may give its own clock. */
export async function startCollector(
  config: Config,
  { now = Date.now }: { now?: () => number } = {},
): Promise<Collector> {
  // Closed in reverse, at the end or when a later step fails.
  const opened: (() => Promise<unknown>)[] = []
  const closeAll = async () => {
    for (const close of opened.splice(0).reverse()) await close()
  }
  try {
    const log = createLog(config.logLevel)
    const stores = await openStores(config)
    const { control } = stores
    opened.push(() => control.close())
    const secretBox = await openSecretBox({
      given: config.masterKey,
      file: join(dirname(config.controlFile), 'master.key'),
      sealed: await findSealed(stores),
    })

    const saltDir = join(dirname(config.controlFile), 'salts')
    const salts = createSaltRotation({ store: createSaltFolder(saltDir), log, now })
    await salts.start().catch((error: unknown) => {
      throw new StartError(
        `The salts in ${saltDir} cannot be kept: ${describeError(error)}. Make it a folder that this user may write.`,
      )
    })
    opened.push(() => Promise.resolve(salts.stop()))

    const geo = await openGeo(config.geoDatabaseFile)

    let clickhouseUrl = config.clickhouseUrl
    let engine: EmbeddedEngine | undefined
    if (clickhouseUrl === undefined) {
      const started = await startEmbeddedEngine(join(config.dataDir, 'engine'), log)
      engine = started
      opened.push(() => started.stop())
      clickhouseUrl = started.url
    }
    const events = await openEventStore(clickhouseUrl)
    opened.push(() => events.close())
    const reports = createClickhouseReportStore({ url: clickhouseUrl })
    opened.push(() => reports.close())
    if (config.clickhouseUrl === undefined) await assertWhole(clickhouseUrl)

    const sweep = createDuplicateSweep({
      store: events,
      isShared: config.clickhouseUrl !== undefined,
      log,
      now,
    })
    await sweep.start()
    opened.push(() => sweep.stop())

    const metrics = createMetrics()
    const processMetrics = addProcessMetrics(metrics.registry)
    opened.push(() => Promise.resolve(processMetrics.close()))
    const egress = createEgressGuard({ allowLoopback: config.webhookLoopback })
    const attempt = createAttempt({ guard: egress })
    const send = createSend({ attempt, sign: signDelivery, openSecret: secretBox.open, now })
    const webhooks = await createWebhooks({
      store: stores.webhooks,
      send,
      counts: createDeliveryCounts(metrics.registry),
      log,
      now,
    })
    opened.push(() => webhooks.stop(0))
    const watchStore = createClickhouseActivityStore({ url: clickhouseUrl })
    opened.push(() => watchStore.close())
    const goalBook = createGoalCache(stores.goals)
    const watch = await createWebhookEventJob({
      control,
      events,
      store: watchStore,
      marks: stores.checkpoints,
      outbox: webhooks.outbox,
      goals: goalBook,
      log,
      now,
    })
    const commit = await createEventCommit({
      store: events,
      log,
      watch: metrics.eventCommit,
      onReuse: () => metrics.idReuse.add(),
      publish: watch.publish,
      now,
    })
    const heartbeats = createGroupCommit<HeartbeatRow>({
      write: (rows, batchId, signal) => events.insertHeartbeats(rows, batchId, signal),
      watch: metrics.heartbeatCommit,
      log,
    })
    const identifier = createIdentifier({
      salts,
      recent: await events.recentSessions(now() - SESSION_TIMEOUT_MS, MAX_SESSIONS),
    })

    const [scripts, page] = await Promise.all([loadScriptAssets(), loadPageAssets()])
    const settling = createRollups({ url: clickhouseUrl })
    opened.push(() => settling.close())
    const figures = createClickhouseMetricSource({ url: clickhouseUrl })
    opened.push(() => figures.close())
    const { alerts, stop } = startAlerts({
      store: stores.alerts,
      control,
      figures,
      reports,
      outbox: webhooks.outbox,
      box: secretBox,
      guard: egress,
      attempt,
      mail: config.mail,
      counts: createAlertCounts(metrics.registry),
      log,
      now,
    })
    opened.push(stop)
    const erase = createEraser({ events, commit, heartbeats, settling, webhooks })
    const app = createApp({
      config,
      stores: {
        control,
        events,
        reports,
        goals: stores.goals,
        integrations: stores.integrations,
        changes: stores.changes,
      },
      ingest: { commit, heartbeats, identifier, geo },
      webhooks: { deliveries: webhooks, guard: egress, box: secretBox },
      alerts,
      goalCache: goalBook,
      erase,
      metrics,
      engine,
      assets: { scripts, page },
      log,
      now,
    })
    // Together, because each may take most of the time that there is; what is taken meanwhile is stored and sent after the next start.
    opened.push(() =>
      Promise.all([finish(app, [commit, heartbeats]), webhooks.stop(FINISH_WITHIN_MS), watch.stop()]),
    )
    const url = await app
      .listen({ port: config.port, host: config.host, backlog: BACKLOG })
      .catch((error: unknown) => {
        throw explainListenError(error, config)
      })
    const housekeeping = createHousekeeping({ control, events, erase, settling, webhooks, log, now })
    const timer = setInterval(() => void housekeeping.tick(), HOUSEKEEPING_INTERVAL_MS)
    opened.push(() => Promise.resolve(clearInterval(timer)))
    const watchTimer = setInterval(() => void watch.tick(), WATCH_INTERVAL_MS)
    void watch.tick()
    opened.push(() => Promise.resolve(clearInterval(watchTimer)))
    return { url, control, close: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** Answers what was taken, and closes; a store that does not answer and a client that does not finish are not waited for. */
async function finish(app: FastifyInstance, commits: Pick<EventCommit, 'drain' | 'giveUp'>[]): Promise<void> {
  const impatience = setTimeout(() => {
    for (const commit of commits) commit.giveUp()
    setTimeout(() => app.server.closeAllConnections(), LAST_ANSWERS_MS).unref()
  }, FINISH_WITHIN_MS)
  await closeServer(app)
  await Promise.all(commits.map((commit) => commit.drain()))
  clearTimeout(impatience)
}

/** Closes the server once every request is answered. */
async function closeServer(app: FastifyInstance): Promise<void> {
  // Connections that were busy when the close began turn idle with their answer, and would be kept alive for a minute.
  const sweep = setInterval(() => app.server.closeIdleConnections(), IDLE_SWEEP_MS)
  await app.close()
  clearInterval(sweep)
}

async function findSealed({ webhooks, alerts }: ControlStores): Promise<Sealed[]> {
  const [secret, destination] = await Promise.all([
    webhooks.findSealedSecret(),
    alerts.findSealedDestination(),
  ])
  return [
    ...(secret === undefined ? [] : [{ of: 'webhooks' as const, text: secret }]),
    ...(destination === undefined ? [] : [{ of: 'alerts' as const, text: destination }]),
  ]
}

async function assertWhole(url: string): Promise<void> {
  const broken = await findBrokenParts(url)
  if (broken.length === 0) return
  throw new StartError(
    `The embedded engine found damaged files and set them aside: ${broken.join(', ')}. Restore DATA_DIR from a backup; or delete these folders to go on without the events in them.`,
  )
}

async function openEventStore(url: string): Promise<EventStore> {
  try {
    return await createClickhouseEventStore({ url })
  } catch (error) {
    const { host } = new URL(url)
    throw new StartError(
      `ClickHouse at ${host} cannot be used: ${describeError(error)}. Check CLICKHOUSE_URL, its user, password and database.`,
    )
  }
}

function explainListenError(error: unknown, { host, port }: Config): StartError {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return new StartError(
      `Port ${port} on ${host} is in use. Set PORT to a free one, or stop what listens there.`,
    )
  if (code === 'EACCES')
    return new StartError(`This user may not listen on port ${port}. Set PORT to one above 1023.`)
  return new StartError(`Cannot listen on ${host}:${port}: ${describeError(error)}. Check HOST and PORT.`)
}
