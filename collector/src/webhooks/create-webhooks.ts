import type { NewWebhook, ReplayChoice, Webhook, WebhookStore } from '../stores/webhook-store.js'
import { createOutbox, type Outbox } from './create-outbox.js'
import { createSubscriptions } from './create-subscriptions.js'

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
  /** Sends again; how many deliveries. Undefined when there is no such webhook. */
  replay(id: string, choice: ReplayChoice, actor: string | null): Promise<number | undefined>
  outbox: Outbox
}

interface WebhooksServices {
  store: WebhookStore
  /** ms since the epoch. */
  now: () => number
}

export async function createWebhooks({ store, now }: WebhooksServices): Promise<Webhooks> {
  const subscriptions = createSubscriptions(store)
  await subscriptions.refresh()
  const outbox = createOutbox({ store, subscriptions, onPut: () => {}, now })

  /** Makes a change known at once. */
  const changed = async <Result>(result: Promise<Result>): Promise<Result> => {
    const done = await result
    await subscriptions.refresh()
    return done
  }
  const by = (actor: string | null) => ({ actor, at: now() })

  return {
    outbox,
    findWebhook: store.findWebhook,
    listWebhooks: store.listWebhooks,
    listLog: store.listLog,
    add: (webhook, actor) => changed(store.addWebhook(webhook, by(actor))),
    rotate: (id, secret, actor) => store.setSecret(id, secret, by(actor)),
    remove: (id, actor) => changed(store.removeWebhook(id, by(actor))),
    enable: (id, actor) => changed(store.enableWebhook(id, by(actor))),
    replay: (id, choice, actor) => store.replay(id, choice, by(actor)),
  }
}
