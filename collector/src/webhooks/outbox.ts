import { createHash } from 'node:crypto'
import type { PutResult, WebhookStore } from './webhook-store.js'
import type { Webhook, WebhookEvent, WebhookEventName } from './webhook.js'

/** Queues events for delivery to the webhooks that subscribe to them. */
export interface Outbox {
  /**
   * Whether any active webhook of the site or its account subscribes to the event. Reads only from memory,
   * because this method is called for every ingested event.
   */
  hasSubscriber(siteId: string, name: WebhookEventName): boolean
  /** Returns the number of these webhooks. */
  countSubscribers(siteId: string, name: WebhookEventName): number
  /**
   * Queues each event for every subscribed webhook that was created before the event occurred. Queues an
   * event at most once per webhook. Resolves when all deliveries are on disk. Rejects with
   * `STORE_UNAVAILABLE` if they cannot be stored.
   */
  put(events: WebhookEvent[], options?: PutOptions): Promise<void>
}

interface PutOptions {
  /**
   * Whether the log of a subscribed webhook counts the events that happened before it was created, and are
   * not queued therefore. Only for events that were received just now, because a second call with the same
   * events would count them again. @default false
   */
  logsEarly?: boolean
}

interface OutboxServices {
  store: Pick<WebhookStore, 'putDeliveries'>
  subscriptions: Pick<Subscriptions, 'countSubscribers'>
  onPut: (result: PutResult) => void
  /** Unix time in milliseconds, based on a monotonic clock. */
  engineNow: () => number
  /** Unix time in milliseconds. */
  now: () => number
}

export function createOutbox({ store, subscriptions, onPut, engineNow, now }: OutboxServices): Outbox {
  const { countSubscribers } = subscriptions
  const hasSubscriber = (siteId: string, name: WebhookEventName) => countSubscribers(siteId, name) > 0
  return {
    hasSubscriber,
    countSubscribers,
    async put(events, { logsEarly = false } = {}) {
      const wanted = events.filter(({ siteId, name }) => hasSubscriber(siteId, name))
      if (wanted.length > 0)
        onPut(await store.putDeliveries(wanted, { now: engineNow(), wallNow: now(), logsEarly }))
    },
  }
}

/** In-memory index of the events that active webhooks subscribe to. */
interface Subscriptions {
  countSubscribers(siteId: string, name: WebhookEventName): number
  /** Replaces the set of active webhooks. */
  update(active: Webhook[]): Promise<void>
}

/** Creates an empty index of subscriptions. {@link Subscriptions.update} fills it. */
export function createSubscriptions(store: Pick<WebhookStore, 'listSiteAccounts'>): Subscriptions {
  let ofSite = new Map<string, Counts>()
  let ofAccount = new Map<string, Counts>()
  let ofAllAccounts: Counts = new Map()
  let accounts = new Map<string, string>()

  function countOfAccount(siteId: string, name: WebhookEventName): number {
    if (!ofAllAccounts.has(name)) return 0
    const account = accounts.get(siteId)
    // A site that is missing from the map may be new, so assume that it has a subscriber. The store checks
    // the subscriptions again when it queues an event.
    return account === undefined ? 1 : (ofAccount.get(account)?.get(name) ?? 0)
  }

  return {
    countSubscribers: (siteId, name) => (ofSite.get(siteId)?.get(name) ?? 0) + countOfAccount(siteId, name),
    async update(webhooks) {
      const wide = webhooks.filter(({ siteId }) => siteId === null)
      if (wide.length > 0) accounts = await store.listSiteAccounts()
      ofSite = countBy(webhooks, ({ siteId }) => siteId)
      ofAccount = countBy(wide, ({ accountId }) => accountId)
      ofAllAccounts = countByEvent(wide)
    },
  }
}

/** The number of webhooks that subscribe to each event. */
type Counts = Map<WebhookEventName, number>

function countByEvent(webhooks: Webhook[]): Counts {
  const counts: Counts = new Map()
  for (const name of webhooks.flatMap(({ events }) => events)) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

function countBy(webhooks: Webhook[], keyOf: (webhook: Webhook) => string | null): Map<string, Counts> {
  const groups = new Map<string, Webhook[]>()
  for (const webhook of webhooks) {
    const key = keyOf(webhook)
    if (key !== null) groups.set(key, [...(groups.get(key) ?? []), webhook])
  }
  return new Map([...groups].map(([key, group]) => [key, countByEvent(group)]))
}

/** Derives the public ID of an event, which is the same for every webhook and every attempt. */
export function deriveEventId({ siteId, name, key }: { siteId: string; name: string; key: string }): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([siteId, name, key]))
    .digest('hex')
  return `evt_${digest.slice(0, 32)}`
}

interface BodyParts {
  id: string
  event: string
  /** Unix time in milliseconds. */
  at: number
  /** Event data, serialised as JSON. */
  data: string
}

/**
 * Builds the request body. The text is identical to `JSON.stringify({ id, event, timestamp, data })`, because
 * some receivers parse the body, serialise it again and compare the two texts.
 */
export function buildBody({ id, event, at, data }: BodyParts): string {
  return `{"id":${JSON.stringify(id)},"event":${JSON.stringify(event)},"timestamp":"${new Date(at).toISOString()}","data":${data}}`
}
