import { createHash } from 'node:crypto'
import type { PutResult, WebhookStore } from './webhook-store.js'
import type { Webhook, WebhookEvent, WebhookEventName } from './webhook.js'

/** Queues events for the webhooks that subscribe to them. */
export interface Outbox {
  /**
   * Whether an active webhook of the site or its account subscribes to the event. Answered from memory:
   * called for every event of ingest.
   */
  hasSubscriber(siteId: string, name: WebhookEventName): boolean
  /**
   * Resolves when the events are on the disk for every subscribed webhook created before `at`; those it has
   * already are skipped. Rejects with `STORE_UNAVAILABLE`.
   */
  put(events: WebhookEvent[]): Promise<void>
}

interface OutboxServices {
  store: Pick<WebhookStore, 'putDeliveries'>
  subscriptions: Pick<Subscriptions, 'hasSubscriber'>
  onPut: (result: PutResult) => void
  /** ms since the epoch, advancing steadily. */
  engineNow: () => number
  /** ms since the epoch. */
  now: () => number
}

export function createOutbox({ store, subscriptions, onPut, engineNow, now }: OutboxServices): Outbox {
  return {
    hasSubscriber: subscriptions.hasSubscriber,
    async put(events) {
      const wanted = events.filter(({ siteId, name }) => subscriptions.hasSubscriber(siteId, name))
      if (wanted.length > 0) onPut(await store.putDeliveries(wanted, { now: engineNow(), wallNow: now() }))
    },
  }
}

/** The events that active webhooks subscribe to, in memory. */
interface Subscriptions {
  hasSubscriber(siteId: string, name: WebhookEventName): boolean
  /** Replaces the active webhooks. */
  update(active: Webhook[]): Promise<void>
}

/** Creates the subscriptions, which are empty until the first {@link Subscriptions.update}. */
export function createSubscriptions(store: Pick<WebhookStore, 'listSiteAccounts'>): Subscriptions {
  let ofSite = new Map<string, Set<WebhookEventName>>()
  let ofAccount = new Map<string, Set<WebhookEventName>>()
  let ofAnyAccount = new Set<WebhookEventName>()
  let accounts = new Map<string, string>()

  return {
    hasSubscriber(siteId, name) {
      if (ofSite.get(siteId)?.has(name)) return true
      if (!ofAnyAccount.has(name)) return false
      const account = accounts.get(siteId)
      // The site may be newer than this list; the store checks again.
      return account === undefined || ofAccount.get(account)?.has(name) === true
    },
    async update(webhooks) {
      const wide = webhooks.filter(({ siteId }) => siteId === null)
      if (wide.length > 0) accounts = await store.listSiteAccounts()
      ofSite = group(webhooks, ({ siteId }) => siteId)
      ofAccount = group(wide, ({ accountId }) => accountId)
      ofAnyAccount = new Set(wide.flatMap(({ events }) => events))
    },
  }
}

function group(
  webhooks: Webhook[],
  keyOf: (webhook: Webhook) => string | null,
): Map<string, Set<WebhookEventName>> {
  const groups = new Map<string, Set<WebhookEventName>>()
  for (const webhook of webhooks) {
    const key = keyOf(webhook)
    if (key !== null) groups.set(key, new Set([...(groups.get(key) ?? []), ...webhook.events]))
  }
  return groups
}

/** The public id of an event, equal for every webhook and attempt. */
export function deriveEventId({ siteId, name, key }: { siteId: string; name: string; key: string }): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([siteId, name, key]))
    .digest('hex')
  return `evt_${digest.slice(0, 32)}`
}

interface BodyParts {
  id: string
  event: string
  /** ms since the epoch. */
  at: number
  /** The data of the event, as JSON. */
  data: string
}

/**
 * The request body, exactly like `JSON.stringify({ id, event, timestamp, data })`: some receivers parse,
 * serialise and compare it.
 */
export function buildBody({ id, event, at, data }: BodyParts): string {
  return `{"id":${JSON.stringify(id)},"event":${JSON.stringify(event)},"timestamp":"${new Date(at).toISOString()}","data":${data}}`
}
