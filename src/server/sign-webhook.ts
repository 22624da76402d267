import type { WebhookEvent } from './webhook-event.js'
import { computeSignature } from './webhook-signature.js'

export interface UnsignedWebhook {
  event: WebhookEvent
  /** Secret of the webhook, `whsec_…`. */
  secret: string
  /** Unix time in milliseconds. @default now */
  at?: number | undefined
}

/**
 * Signs an event as a collector does, for tests of a receiver. Returns the request's body and headers.
 *
 * @example
 * import { signWebhook } from '@zenovay/tracker/server'
 * const { body, headers } = await signWebhook({
 *   secret: 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
 *   event: {
 *     id: 'evt_1',
 *     event: 'goal',
 *     timestamp: '2026-11-21T12:00:00.000Z',
 *     data: { siteId: 'ws_1', goalId: 'goal_1', goalName: 'Signup', path: '/', value: null },
 *   },
 * })
 * await fetch('http://localhost:3000/hook', { method: 'POST', body, headers })
 */
export async function signWebhook({
  event,
  secret,
  at = Date.now(),
}: UnsignedWebhook): Promise<{ body: string; headers: Record<string, string> }> {
  const body = JSON.stringify(event)
  const timestamp = String(Math.floor(at / 1000))
  const delivery = { body: new TextEncoder().encode(body), id: event.id, timestamp }
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-zenovay-event': event.event,
      'x-zenovay-delivery': event.id,
      'x-zenovay-timestamp': timestamp,
      'x-zenovay-signature': await computeSignature('zenovay', secret, delivery),
      'x-zta-event': event.event,
      'x-zta-signature': await computeSignature('zta', secret, delivery),
      'webhook-id': event.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': await computeSignature('standard', secret, delivery),
    },
  }
}
