import type { PutResult, WebhookStore } from '../stores/webhook-store.js'
import type { Subscriptions } from './create-subscriptions.js'
import type { WebhookEvent, WebhookEventName } from './webhook-event.js'

/** Where sources leave what happened, for the webhooks that want it. */
export interface Outbox {
  /** Whether an active webhook of the site, or of its whole account, wants such events. From memory: asked for every event of ingest. */
  wants(siteId: string, name: WebhookEventName): boolean
  /** Resolves when it is on the disk for every webhook that wants it and was made before `at`; what a webhook has already is left alone. Rejects with `STORE_UNAVAILABLE`. */
  put(events: WebhookEvent[]): Promise<void>
}

export interface OutboxServices {
  store: Pick<WebhookStore, 'putDeliveries'>
  subscriptions: Pick<Subscriptions, 'wants'>
  /** Told what became of events. */
  onPut: (result: PutResult) => void
  /** ms since the epoch, going on evenly. */
  engineNow: () => number
  /** ms since the epoch. */
  now: () => number
}

export function createOutbox({ store, subscriptions, onPut, engineNow, now }: OutboxServices): Outbox {
  return {
    wants: subscriptions.wants,
    async put(events) {
      const wanted = events.filter(({ siteId, name }) => subscriptions.wants(siteId, name))
      if (wanted.length > 0) onPut(await store.putDeliveries(wanted, { now: engineNow(), wallNow: now() }))
    },
  }
}
