import { randomUUID } from 'node:crypto'
import type { WebhookStore } from '../stores/webhook-store.js'
import type { AttemptResult } from './attempt.js'
import type { DeliveryEngine } from './create-delivery-engine.js'
import { nameEvent } from './name-event.js'
import { writeBody } from './write-body.js'

interface TestServices {
  store: Pick<WebhookStore, 'findWebhook' | 'logTest'>
  engine: Pick<DeliveryEngine, 'sendNow'>
  /** ms since the epoch. */
  now: () => number
}

export interface TestDelivery {
  /** The name that the message has. */
  event: string
  /** Plain JSON. */
  data: Record<string, unknown>
  /** Id of the API key. */
  actor: string | null
}

/** Sends one message to a webhook, under the same limits and guard as all others. Undefined when there is no such webhook. */
export async function sendTest(
  { store, engine, now }: TestServices,
  id: string,
  { event, data, actor }: TestDelivery,
): Promise<AttemptResult | undefined> {
  const webhook = await store.findWebhook(id)
  if (!webhook) return undefined
  const at = now()
  const eventId = nameEvent({ siteId: webhook.siteId ?? webhook.accountId, name: event, key: randomUUID() })
  const body = writeBody({ id: eventId, event, at, data: JSON.stringify(data) })
  const result = await engine.sendNow(webhook, async () => {
    const current = await store.findWebhook(id)
    return current && { webhook: current, eventId, event, body }
  })
  if (result) await store.logTest(webhook, { eventId, event, result, actor, at })
  return result
}
