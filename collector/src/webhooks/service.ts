import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { MAX_REPLAYED_PER_HOUR } from '../control/account-bounds.js'
import { SECOND_MS } from '../durations.js'
import type { AttemptResult } from '../egress/attempt.js'
import { createSteadyClock } from '../egress/delivery-loop.js'
import { ApiError } from '../errors.js'
import { createDeliveryEngine, type DeliveryEngine } from './deliver.js'
import type { DeliveryCounts } from './metrics.js'
import { buildBody, createOutbox, createSubscriptions, deriveEventId, type Outbox } from './outbox.js'
import type { Send } from './send.js'
import type { DeliveryStore, ReplayChoice, WebhookStore } from './webhook-store.js'
import type { NewWebhook, Webhook } from './webhook.js'

/** Manages webhooks and delivers events to them. Callers check permissions. */
export interface Webhooks extends Pick<WebhookStore, 'findWebhook' | 'listWebhooks' | 'listLog'> {
  /**
   * Adds a webhook. Resolves to undefined if `MAX_WEBHOOKS` is reached for its site, or for its account if
   * the webhook is account-wide. Rejects with `VALIDATION_ERROR` if the account has `MAX_WEBHOOKS_OF_ACCOUNT`
   * webhooks in all.
   */
  add(webhook: NewWebhook, actor: string | null): Promise<Webhook | undefined>
  /**
   * Replaces the encrypted secret of a webhook. Resolves to true when all attempts with the old secret have
   * ended, after about six seconds at most. Resolves to false if the webhook does not exist.
   */
  rotate(id: string, secret: string, actor: string | null): Promise<boolean>
  /**
   * Removes a webhook. Resolves to true when all attempts for the webhook have ended, or to false if the
   * webhook does not exist.
   */
  remove(id: string, actor: string | null): Promise<boolean>
  /**
   * Enables a disabled webhook and resumes its waiting deliveries. Resolves to false if the webhook does not
   * exist.
   */
  enable(id: string, actor: string | null): Promise<boolean>
  /**
   * Sends one signed event immediately and logs the attempt. The attempt is never retried and does not count
   * as a failure of the webhook. Resolves to undefined if the webhook does not exist.
   */
  test(id: string, test: TestDelivery): Promise<AttemptResult | undefined>
  /**
   * Queues deliveries again. Resolves to the number of queued deliveries, or to undefined if the webhook does
   * not exist. Throws `RATE_LIMIT_EXCEEDED` with that number in its message if some could not be queued, because
   * the account has replayed `MAX_REPLAYED_PER_HOUR` deliveries within an hour.
   */
  replay(id: string, choice: ReplayChoice, actor: string | null): Promise<number | undefined>
  outbox: Outbox
  /**
   * Erases the delivery payloads and logged responses of sites. If a visitor ID is given, erases only data
   * that contains this ID.
   */
  erase: DeliveryStore['erase']
  /**
   * Background job that loads webhook changes made by other processes and updates {@link Webhooks.backlog}.
   */
  refresh: BackgroundJob
  /** Background job that purges expired deliveries and log entries. */
  purge: BackgroundJob
  /** Returns the number of attempts in flight. */
  inFlight(): number
  /** Returns the number of unfinished deliveries. This number may be up to two seconds old. */
  backlog(): number
  /**
   * Starts no more attempts and waits for running attempts, which are aborted after `withinMs` milliseconds.
   * Events can still be queued.
   */
  stop(withinMs: number): Promise<void>
}

interface BackgroundJob {
  name: string
  everyMs: number
  runAtStart?: boolean
  run(signal: AbortSignal): Promise<void>
}

interface WebhooksServices {
  store: WebhookStore & DeliveryStore
  send: Send
  counts: DeliveryCounts
  log: Pick<Logger, 'error'>
  /** Unix time in milliseconds. */
  now: () => number
  /** Monotonic clock, in milliseconds. @default performance.now */
  steadyNow?: () => number
  /** Returns a random number between 0 and 1. @default Math.random */
  random?: () => number
}

// Maximum delay until changes made by other processes take effect in this process.
const REFRESH_MS = 2_000
const PURGE_MS = 60_000

/** Creates the webhook service and starts delivering queued events. */
export async function createWebhooks({
  store,
  send,
  counts,
  log,
  now,
  steadyNow = () => performance.now(),
  random = Math.random,
}: WebhooksServices): Promise<Webhooks> {
  const engineNow = createSteadyClock({ now, steadyNow })
  const subscriptions = createSubscriptions(store)
  await store.boundPauses(engineNow())
  const engine = createDeliveryEngine({
    store,
    send,
    onTurn({ ended, disabled }) {
      counts.count({ delivered: ended.done, failed: ended.failed, cancelled: ended.cancelled })
      if (disabled.length > 0) void refresh().catch(() => {})
    },
    log,
    engineNow,
    now,
    random,
  })

  async function refresh(): Promise<void> {
    const webhooks = await store.listActiveWebhooks()
    await subscriptions.update(webhooks)
    engine.update(webhooks)
  }
  await refresh()
  let backlog = 0

  /** Waits for a change and then reloads the webhooks and subscriptions into memory. */
  const changed = async <Result>(change: Promise<Result>): Promise<Result> => {
    const result = await change
    await refresh()
    return result
  }
  const by = (actor: string | null) => ({ actor, at: now() })

  return {
    findWebhook: store.findWebhook,
    listWebhooks: store.listWebhooks,
    listLog: store.listLog,
    erase: store.erase,
    inFlight: engine.inFlight,
    backlog: () => backlog,
    outbox: createOutbox({
      store,
      subscriptions,
      onPut({ queuedFor, dropped }) {
        counts.count({ dropped })
        engine.wake(queuedFor)
      },
      engineNow,
      now,
    }),
    add: (webhook, actor) => changed(store.addWebhook(webhook, by(actor))),
    rotate: (id, secret, actor) => engine.change(id, 'wait', () => store.setSecret(id, secret, by(actor))),
    remove: (id, actor) => engine.change(id, 'cut', () => changed(store.removeWebhook(id, by(actor)))),
    enable: (id, actor) => changed(store.enableWebhook(id, by(actor))),
    test: (id, test) => sendTest({ store, engine, now }, id, test),
    async replay(id, choice, actor) {
      const result = await store.replay(id, choice, { ...by(actor), dueAt: engineNow() })
      engine.wake([id])
      if (result?.retryAfterMs !== undefined) throw replayLimitError(result.queued, result.retryAfterMs)
      return result?.queued
    },
    refresh: {
      name: 'webhook-refresh',
      everyMs: REFRESH_MS,
      runAtStart: true,
      async run() {
        backlog = await store.countBacklog()
        if (await store.hasChangedElsewhere()) await refresh()
      },
    },
    purge: {
      name: 'webhook-purge',
      everyMs: PURGE_MS,
      async run(signal) {
        counts.count({ dropped: await purgeAll(store, { now: engineNow(), wallNow: now() }, signal) })
      },
    },
    stop: engine.stop,
  }
}

function replayLimitError(queued: number, retryAfterMs: number): ApiError {
  return new ApiError('RATE_LIMIT_EXCEEDED', {
    message: `An account may replay ${MAX_REPLAYED_PER_HOUR} deliveries per hour. ${queued} of this request were queued. Replay the rest after Retry-After seconds.`,
    retryAfterS: Math.ceil(retryAfterMs / SECOND_MS),
  })
}

// Purge in small steps with pauses, so that a large number of expired rows does not block requests. The next
// run purges the remaining rows.
const STEP_PAUSE_MS = 10
const MAX_STEPS = 1_000

/** Purges expired rows in small steps. Resolves to the number of dropped deliveries. */
async function purgeAll(
  store: Pick<DeliveryStore, 'purge'>,
  times: { now: number; wallNow: number },
  signal: AbortSignal,
): Promise<number> {
  let dropped = 0
  for (let step = 0; step < MAX_STEPS && !signal.aborted; step++) {
    if (step > 0) await sleep(STEP_PAUSE_MS)
    const result = await store.purge(times)
    dropped += result.dropped
    if (result.isDone) break
  }
  return dropped
}

interface TestServices {
  store: Pick<WebhookStore, 'findWebhook' | 'logTest'>
  engine: Pick<DeliveryEngine, 'sendNow'>
  /** Unix time in milliseconds. */
  now: () => number
}

interface TestDelivery {
  /** Event name in the message. */
  event: string
  /** Event data, as plain JSON values. */
  data: Record<string, unknown>
  /** ID of the API key that requested the test, or null if no key was used. */
  actor: string | null
}

/**
 * Sends a test message to a webhook. The usual rate limits and address restrictions apply. Resolves to
 * undefined if the webhook does not exist.
 */
async function sendTest(
  { store, engine, now }: TestServices,
  id: string,
  { event, data, actor }: TestDelivery,
): Promise<AttemptResult | undefined> {
  const webhook = await store.findWebhook(id)
  if (!webhook) return undefined
  const at = now()
  const eventId = deriveEventId({
    siteId: webhook.siteId ?? webhook.accountId,
    name: event,
    key: randomUUID(),
  })
  const body = buildBody({ id: eventId, event, at, data: JSON.stringify(data) })
  const result = await engine.sendNow(webhook, async () => {
    const current = await store.findWebhook(id)
    return current && { webhook: current, eventId, event, body }
  })
  if (result) await store.logTest(webhook, { eventId, event, result, actor, at })
  return result
}
