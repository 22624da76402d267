import type { Site } from '@zenovay/collector'
import { createRegistry, type Registry } from '../../src/observability/registry.js'
import type { NewSite } from '../../src/control/sites.js'
import type { DeliveryStore } from '../../src/webhooks/webhook-store.js'
import type { LogEntry, WebhookStore } from '../../src/webhooks/webhook-store.js'
import type { NewWebhook, Webhook } from '../../src/webhooks/webhook.js'
import type { AttemptResult } from '../../src/egress/attempt.js'
import type { Message } from '../../src/webhooks/send.js'
import { createWebhooks, type Webhooks } from '../../src/webhooks/service.js'
import { createDeliveryCounts } from '../../src/webhooks/metrics.js'
import type { WebhookEvent } from '../../src/webhooks/webhook.js'
import { type RunningJobs, startJobs } from '../../src/jobs/job.js'
import { openTestControl } from './open-test-control.js'

/** A recorded attempt. */
export interface Sent extends Message {
  /** ms of `performance.now()`. */
  startedAt: number
  endedAt: number | undefined
  result: AttemptResult | undefined
}

/** The answer of a receiver: a status, an error class, or a function that answers later. */
export type Answer =
  | number
  | 'timeout'
  | 'connection'
  | 'dns'
  | 'tls'
  | 'refused-address'
  | ((message: Message, signal: AbortSignal) => Promise<number>)

/** The delivery engine on real control data, with receivers that answer as the test defines. */
export interface OpenWebhooks {
  webhooks: Webhooks
  store: WebhookStore & DeliveryStore
  /** Path of the database. */
  file: string
  site: Site
  sent: Sent[]
  registry: Registry
  clock: {
    /** ms that passed without any timer. */
    skippedMs: number
    /** ms by which the wall clock was set. */
    wallOffsetMs: number
  }
  /**
   * Answers of receivers by the path of the webhook's URL; those of a list are used in order, the last one
   * for ever. @default 200
   */
  answers: Record<string, Answer | Answer[]>
  addSite(): Promise<Site>
  /** Adds a site of a new account. */
  addSiteOfAnother(): Promise<Site>
  /** Adds a webhook of the site whose URL has this path and, unless given, a unique host. */
  add(path: string, fields?: Partial<NewWebhook>): Promise<Webhook>
  /** Queues events of the site; each `data` contains its number. */
  put(count: number, fields?: Partial<WebhookEvent>): Promise<void>
  logOf(webhook: Webhook): Promise<LogEntry[]>
  metric(outcome: string): number
  /** Abandons this engine without a stop, as a crash does, and starts another on the same data. */
  crash(): Promise<void>
  close(): Promise<void>
}

export async function openWebhooks(): Promise<OpenWebhooks> {
  const clock = { skippedMs: 0, wallOffsetMs: 0 }
  const now = () => Date.now() + clock.skippedMs + clock.wallOffsetMs
  const control = await openTestControl()
  const addSite = (fields: Pick<NewSite, 'accountId'> = {}) =>
    control.control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [], ...fields })
  const site = await addSite()
  const store = control.webhooks
  const registry = createRegistry()
  const sent: Sent[] = []
  const answers: OpenWebhooks['answers'] = {}
  const counts = createDeliveryCounts(registry)
  let generation = 0
  let jobs: RunningJobs
  let [hosts, keys] = [0, 0]

  /** After a crash, the previous engine must neither send nor write. */
  const start = async () => {
    const own = ++generation
    const isAlive = () => own === generation
    const never = new Promise<never>(() => {})
    const takeTurn: DeliveryStore['takeTurn'] = (turn) => (isAlive() ? store.takeTurn(turn) : never)
    const webhooks = await createWebhooks({
      store: { ...store, takeTurn },
      send: (message, signal) => (isAlive() ? send(message, signal) : never),
      counts,
      log: { error: () => {} },
      now,
      steadyNow: () => performance.now() + clock.skippedMs,
    })
    jobs = startJobs([webhooks.refresh], { log: { error: () => {} }, metrics: registry })
    return webhooks
  }

  async function send(message: Message, signal: AbortSignal): Promise<AttemptResult> {
    const attempt: Sent = { ...message, startedAt: performance.now(), endedAt: undefined, result: undefined }
    sent.push(attempt)
    const answer = nextAnswer(answers, new URL(message.webhook.url).pathname)
    const aborted = new Promise<number>((resolve) => signal.addEventListener('abort', () => resolve(0)))
    const given =
      typeof answer === 'function' ? await Promise.race([answer(message, signal), aborted]) : answer
    attempt.endedAt = performance.now()
    const isStatus = typeof given === 'number' && !signal.aborted
    attempt.result = {
      status: isStatus ? given : undefined,
      error: isStatus ? undefined : signal.aborted ? 'cancelled' : (given as 'timeout'),
      answer: isStatus ? 'ok' : '',
      durationMs: attempt.endedAt - attempt.startedAt,
    }
    return attempt.result
  }

  const opened: OpenWebhooks = {
    webhooks: await start(),
    store,
    file: control.file,
    site,
    sent,
    registry,
    clock,
    answers,
    addSite: () => addSite(),
    async addSiteOfAnother() {
      const { id } = await control.control.addAccount({ name: 'Other', plan: 'free' })
      return addSite({ accountId: id })
    },
    async add(path, fields = {}) {
      const webhook = {
        accountId: site.accountId,
        siteId: site.id,
        url: `https://host-${++hosts}.example${path}`,
        events: ['event' as const],
        description: '',
        secret: 'first',
        ...fields,
      }
      return (await opened.webhooks.add(webhook, 'key_1'))!
    },
    put: (count, fields = {}) =>
      opened.webhooks.outbox.put(
        Array.from({ length: count }, () => ({
          key: `event-${++keys}`,
          name: 'event',
          siteId: site.id,
          at: now(),
          data: { number: keys },
          ...fields,
        })),
      ),
    async logOf({ id, accountId, siteId }) {
      return (await store.listLog({ accountId, siteId, limit: 100_000 }))
        .filter(({ webhookId }) => webhookId === id)
        .reverse()
    },
    metric(outcome) {
      const line = registry
        .expose()
        .split('\n')
        .find((text) => text.startsWith(`zenovay_webhook_deliveries_total{outcome="${outcome}"}`))
      return Number(line!.split(' ')[1])
    },
    async crash() {
      const dead = opened.webhooks
      void jobs.stop(0)
      opened.webhooks = await start()
      // Ends its timers; any other work stays blocked.
      void dead.stop(0)
    },
    async close() {
      await jobs.stop(1_000)
      await opened.webhooks.stop(0)
      await control.close()
    },
  }
  return opened
}

function nextAnswer(answers: OpenWebhooks['answers'], path: string): Answer {
  const given = answers[path] ?? 200
  if (!Array.isArray(given)) return given
  return given.length > 1 ? given.shift()! : given[0]!
}
