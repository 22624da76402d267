import { createHmac, randomBytes } from 'node:crypto'
import type { Attempt, AttemptResult } from '../egress/attempt.js'
import type { Webhook } from './webhook.js'

/** Input of a signature. */
export interface UnsignedDelivery {
  /** `whsec_` and the base64 of 32 bytes. */
  secret: string
  /** `evt_…`, equal for every attempt. */
  id: string
  event: string
  /** `wh_…` */
  webhookId: string
  /** The exact request body. */
  body: string
  /** When it is sent, ms since the epoch. */
  at: number
}

const SECRET_PREFIX = 'whsec_'
const SECRET_BYTES = 32

/** A random signing secret that all three signature families can use. */
export function createWebhookSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64')
}

/**
 * Headers that describe and sign a delivery, in three independent families. The hexadecimal signatures use
 * the whole secret text as key, Standard Webhooks the bytes that it encodes.
 */
export function signDelivery({
  secret,
  id,
  event,
  webhookId,
  body,
  at,
}: UnsignedDelivery): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000))
  const hex = createHmac('sha256', secret).update(body).digest('hex')
  const bytes = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
  return {
    'X-Zenovay-Signature': hex,
    'X-Zenovay-Event': event,
    'X-Zenovay-Delivery': id,
    'X-Zenovay-Timestamp': timestamp,
    // One signature per header: receivers compare texts of equal length and reject others.
    'X-ZTA-Signature': `sha256=${hex}`,
    'X-ZTA-Event': event,
    'X-ZTA-Webhook-ID': webhookId,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  }
}

/** A message to a webhook. */
export interface Message {
  webhook: Pick<Webhook, 'id' | 'url' | 'secret'>
  eventId: string
  event: string
  body: string
}

/** Signs a message with the current time and sends it once. Never rejects. */
export type Send = (message: Message, signal: AbortSignal) => Promise<AttemptResult>

interface SendServices {
  attempt: Attempt
  sign: typeof signDelivery
  /** Opens a sealed secret. */
  openSecret: (sealed: string) => string
  /** ms since the epoch. */
  now: () => number
}

export function createSend({ attempt, sign, openSecret, now }: SendServices): Send {
  return async ({ webhook, eventId, event, body }, signal) => {
    const secret = tryOpen(openSecret, webhook.secret)
    if (secret === undefined) return { status: undefined, error: 'secret', answer: '', durationMs: 0 }
    const headers = sign({ secret, id: eventId, event, webhookId: webhook.id, body, at: now() })
    return attempt({ url: webhook.url, body, headers, signal })
  }
}

/** Undefined when it was sealed with another master key. */
function tryOpen(open: (sealed: string) => string, sealed: string): string | undefined {
  try {
    return open(sealed)
  } catch {
    return undefined
  }
}
