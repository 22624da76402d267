import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Site } from '@zenovay/collector'
import { createAlertCounts } from '../../src/alerts/metrics.js'
import { createAlertManagement } from '../../src/alerts/management.js'
import { createRecipients, type Recipients } from '../../src/alerts/recipients/recipients.js'
import { createApp, type AppServices } from '../../src/create-app.js'
import { createGoalCache } from '../../src/control/goals/goal-cache.js'
import { createLog } from '../../src/observability/log.js'
import { createEventCommit } from '../../src/ingest/commit/event-commit.js'
import { createIdentifier, type Identifier } from '../../src/ingest/identify/identifier.js'
import { createSaltRotation } from '../../src/ingest/identify/salts.js'
import { createGroupCommit } from '../../src/ingest/commit/group-commit.js'
import { createEraser } from '../../src/jobs/erase.js'
import { startJobs } from '../../src/jobs/job.js'
import { createMetrics } from '../../src/ingest/metrics.js'
import type { AlertStore } from '../../src/alerts/alert-store.js'
import { createSaltFolder } from '../../src/stores/salt-folder.js'
import type { ControlStore } from '../../src/control/control-store.js'
import type { EventRow, HeartbeatRow } from '../../src/ingest/event-row.js'
import { eventKey, type EventStore, type StoredVersion } from '../../src/ingest/event-store.js'
import { fingerprintOf } from '../../src/ingest/event-row.js'
import type { GoalStore } from '../../src/control/goals/goal-store.js'
import type { ReportStore } from '../../src/reports/report-store.js'
import { DASHBOARD_ROUTES } from '../../src/routes/dashboard.js'
import { SCRIPT_NAMES } from '../../src/routes/scripts.js'
import { openControlStores } from '../../src/stores/sql/database.js'
import { createSecretBox, type SecretBox } from '../../src/control/secrets/secret-box.js'
import type { Attempt } from '../../src/egress/attempt.js'
import { createEgressGuard, type EgressGuard } from '../../src/egress/guard.js'
import { createSend } from '../../src/webhooks/send.js'
import { createWebhooks, type Webhooks } from '../../src/webhooks/service.js'
import { signDelivery } from '../../src/webhooks/signing.js'
import { createDeliveryCounts } from '../../src/webhooks/metrics.js'
import { clearMinutes } from './clear-minutes.js'
import { createFakeReports } from './fake-reports.js'

/**
 * The whole app without an engine: its events are kept in `rows`. For tests of everything before the store,
 * which has separate tests.
 */
export interface TestApp {
  app: FastifyInstance
  site: Site
  control: ControlStore
  goals: GoalStore
  webhooks: Webhooks
  alerts: AlertStore
  recipients: Recipients
  secretBox: SecretBox
  /** Folder of the control data. */
  folder: string
  rows: EventRow[]
  /** Every log line. */
  log: string[]
  /** The value of a metric by its name and labels, such as `zenovay_events_total{outcome="stored"}`. */
  readMetric(name: string): number
  /** Lets a minute pass for all rate limits, but not for anything else. */
  passMinute(): void
  close(): Promise<void>
}

/** Of the script files. */
export const SCRIPT_HASH = '0123456789abcdef'
export const METRICS_TOKEN = 'a token for the tests'.replaceAll(' ', '-')

interface TestAppOptions {
  /** Overrides settings. */
  config?: Partial<AppServices['config']>
  /** Overrides methods of the event store. */
  store?: Partial<EventStore>
  reports?: ReportStore
  /** ms since the epoch. */
  now?: () => number
  /** ms of a monotonic clock. @default performance.now */
  steadyNow?: () => number
  /** Overrides methods of the stage that assigns ids. */
  identifier?: Partial<Identifier>
  requestTimeoutMs?: number
  /** Performs webhook deliveries. @default status 200 */
  attempt?: Attempt
  /** Decides where webhooks may be sent. @default to public addresses, one for every name */
  egress?: EgressGuard
  /** @default random */
  masterKey?: Buffer
  /** Whether alerts may have email destinations; nothing sends their mails. @default false */
  hasMail?: boolean
}

const MINUTE_MS = 60_000

export async function createTestApp({
  store = {},
  reports = createFakeReports(),
  identifier = {},
  config = {},
  requestTimeoutMs,
  steadyNow = () => performance.now(),
  attempt = answerOk,
  egress = publicEgress,
  masterKey = randomBytes(32),
  hasMail = false,
  now = Date.now,
}: TestAppOptions = {}): Promise<TestApp> {
  let passedMs = 0
  const folder = await mkdtemp(join(tmpdir(), 'zenovay-app-'))
  const {
    control,
    webhooks: webhookStore,
    goals,
    alerts,
    recipients: recipientStore,
    integrations,
    changes,
  } = await openControlStores(join(folder, 'control.db'))
  const site = await control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] })
  const rows: EventRow[] = []
  const lines: string[] = []
  const secretBox = createSecretBox(masterKey)
  const recipients = createRecipients({ store: recipientStore, box: secretBox, trusted: [], now })
  const log = createLog('trace', { write: (line: string) => void lines.push(line) })
  const events = { ...openMemoryStore(rows), ...store } as EventStore
  const metrics = createMetrics()
  const commit = await createEventCommit({
    store: events,
    log,
    metrics: metrics.eventCommit,
    onReuse: () => metrics.idReuse.add(),
  })
  const heartbeats = createGroupCommit<HeartbeatRow>({
    write: (batch, id) => events.insertHeartbeats(batch, id),
    log,
    metrics: metrics.heartbeatCommit,
  })
  const salts = createSaltRotation({ store: createSaltFolder(join(folder, 'salts')), log, now: Date.now })
  await salts.expiry.run()
  const send = createSend({ attempt, sign: signDelivery, openSecret: secretBox.open, now })
  const webhooks = await createWebhooks({
    store: webhookStore,
    send,
    counts: createDeliveryCounts(metrics.registry),
    log,
    now,
  })
  const jobs = startJobs([webhooks.refresh], { log, metrics: metrics.registry })
  const app = createApp({
    config: {
      trustedProxies: ['127.0.0.1'],
      proxyKeys: [],
      countryHeader: undefined,
      metricsToken: METRICS_TOKEN,
      stripe: undefined,
      uptimeToken: undefined,
      ...config,
    },
    stores: { control, events, reports, goals, integrations, changes },
    ingest: {
      commit,
      heartbeats,
      identifier: { ...createIdentifier({ salts, recent: [] }), ...identifier },
      geo: { countryOf: () => '' },
    },
    webhooks: { deliveries: webhooks, guard: egress, box: secretBox },
    alerts: createAlertManagement({
      store: alerts,
      recipients,
      box: secretBox,
      guard: egress,
      hasMail,
      wake: () => {},
      announce: createAlertCounts(metrics.registry).triggered,
      now,
    }),
    recipients,
    goalCache: createGoalCache(goals),
    metrics,
    log,
    now,
    erase: createEraser({ events, commit, heartbeats, rollups: { pause: (run) => run() }, webhooks }),
    assets: {
      scripts: SCRIPT_NAMES.map((name) => ({ name, script: EMPTY_FILE, map: EMPTY_FILE })),
      page: DASHBOARD_ROUTES.slice(1).map(({ path }) => ({ path, file: EMPTY_FILE })),
    },
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
    steadyNow: () => steadyNow() + passedMs,
  })
  return {
    app,
    site,
    control,
    goals,
    webhooks,
    alerts,
    recipients,
    secretBox,
    folder,
    rows,
    log: lines,
    passMinute() {
      passedMs += MINUTE_MS
      clearMinutes(join(folder, 'control.db'))
    },
    readMetric(name) {
      const line = metrics.registry
        .expose()
        .split('\n')
        .find((text) => text.startsWith(`${name} `))
      if (!line) throw new Error(`there is no metric ${name}`)
      return Number(line.slice(name.length))
    },
    async close() {
      await app.close()
      await jobs.stop(1_000)
      await webhooks.stop(0)
      await control.close()
      await rm(folder, { recursive: true })
    },
  }
}

const EMPTY = Buffer.alloc(0)
const EMPTY_FILE = { type: 'text/plain', hash: SCRIPT_HASH, plain: EMPTY, brotli: EMPTY, gzip: EMPTY }
const publicEgress = createEgressGuard({ allowLoopback: [], lookUp: async () => ['8.8.8.8'] })
const answerOk: Attempt = () => Promise.resolve({ status: 200, error: undefined, answer: '', durationMs: 1 })

function openMemoryStore(rows: EventRow[]): Partial<EventStore> {
  return {
    recentEvents: async () => [],
    findStored: async (keys) => {
      const asked = new Set(keys.map(({ siteId, eventId }) => eventKey(siteId, eventId)))
      const found = new Map<string, StoredVersion[]>()
      for (const row of rows) {
        const key = eventKey(row.site_id, row.event_id)
        const { visitor_id: visitorId, session_id: sessionId } = row
        const version = { fingerprint: fingerprintOf(row), visitorId, sessionId }
        if (asked.has(key)) found.set(key, [...(found.get(key) ?? []), version])
      }
      return found
    },
    insertEvents: async (batch) => void rows.push(...batch),
    insertHeartbeats: async () => {},
    isReachable: async () => true,
    countVisitorsSince: async () => new Map(),
  }
}
