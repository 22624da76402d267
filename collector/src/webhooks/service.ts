import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { AttemptResult } from '../egress/attempt.js'
import { createSteadyClock } from '../egress/delivery-loop.js'
import { repeat } from '../reports/realtime/start-stream.js'
import { createDeliveryEngine } from './deliver.js'
import type { DeliveryCounts } from './metrics.js'
import { createOutbox, createSubscriptions, type Outbox } from './outbox.js'
import { type Send, sendTest, type TestDelivery } from './signing.js'
import type { DeliveryStore, ReplayChoice, WebhookStore } from './webhook-store.js'
import type { NewWebhook, Webhook } from './webhook.js'

/** What the routes may do with webhooks. Who may do it is theirs to decide. */
export interface Webhooks extends Pick<WebhookStore, 'findWebhook' | 'listWebhooks' | 'listLog'> {
  /** Adds one; undefined when its site (or its account, for those of all sites) has `MAX_WEBHOOKS` already. */
  add(webhook: NewWebhook, actor: string | null): Promise<Webhook | undefined>
  /** Gives it another secret, sealed; resolves when nothing signed with the old one is under way any more, in at most some six seconds. False when there is no such webhook. */
  rotate(id: string, secret: string, actor: string | null): Promise<boolean>
  /** Resolves when nothing is delivered to it any more. False when there is no such webhook. */
  remove(id: string, actor: string | null): Promise<boolean>
  /** Makes a disabled one active again, with what still waits for it. False when there is no such webhook. */
  enable(id: string, actor: string | null): Promise<boolean>
  /** Sends one event at once, signed, and logs the attempt; it counts for nothing else. Undefined when there is no such webhook. */
  test(id: string, test: TestDelivery): Promise<AttemptResult | undefined>
  /** Sends again; how many deliveries. Undefined when there is no such webhook. */
  replay(id: string, choice: ReplayChoice, actor: string | null): Promise<number | undefined>
  outbox: Outbox
  /** Deletes what is known of a site or a visitor: payloads, and answers that repeat the visitor's id. */
  forget: DeliveryStore['erase']
  /** Deletes and expires what is due: a task of housekeeping. */
  tidy(): Promise<void>
  /** Attempts under way. */
  inFlight(): number
  /** Deliveries that are not over, as of two seconds ago. */
  backlog(): number
  /** Starts no more attempts and waits for those under way, so long at most (in ms); the outbox still takes events. */
  stop(withinMs: number): Promise<void>
}

interface WebhooksServices {
  store: WebhookStore & DeliveryStore
  send: Send
  counts: DeliveryCounts
  log: Pick<Logger, 'error'>
  /** ms since the epoch. */
  now: () => number
  /** ms of a clock that never steps. @default performance.now */
  steadyNow?: () => number
  /** From 0 to 1. @default Math.random */
  random?: () => number
}

// How far this process is behind what others change.
const REFRESH_MS = 2_000

/** Starts delivering what waits. */
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
  const stopWatching = repeat(async () => {
    backlog = await store.countBacklog()
    if (await store.hasChangedElsewhere()) await refresh()
  }, REFRESH_MS)

  /** Makes a change known in this process at once. */
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
    forget: store.erase,
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
      const count = await store.replay(id, choice, { ...by(actor), dueAt: engineNow() })
      engine.wake([id])
      return count
    },
    async tidy() {
      counts.count({ dropped: await purgeAll(store, { now: engineNow(), wallNow: now() }) })
    },
    async stop(withinMs) {
      stopWatching()
      await engine.stop(withinMs)
    },
  }
}

// A backlog of rows to delete is no reason to hold up requests: one step in ten milliseconds, for a while, and the rest at the next call.
const STEP_PAUSE_MS = 10
const MAX_STEPS = 1_000

/** Deletes and expires what is due; how many deliveries were given up. */
async function purgeAll(
  store: Pick<DeliveryStore, 'purge'>,
  times: { now: number; wallNow: number },
): Promise<number> {
  let dropped = 0
  for (let step = 0; step < MAX_STEPS; step++) {
    if (step > 0) await sleep(STEP_PAUSE_MS)
    const result = await store.purge(times)
    dropped += result.dropped
    if (result.isDone) break
  }
  return dropped
}
