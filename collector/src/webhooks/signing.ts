import { createHmac, randomBytes } from 'node:crypto'

/** Input of a signature. */
export interface UnsignedDelivery {
  /** The secret: `whsec_` and the base64 of 32 bytes. */
  secret: string
  /** The ID of the event, `evt_…`, equal for every attempt. */
  id: string
  event: string
  /** `wh_…` */
  webhookId: string
  /** The exact request body. */
  body: string
  /** The time when it is sent, ms since the epoch. */
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
    // Each header has one signature: receivers compare texts of equal length and reject others.
    'X-ZTA-Signature': `sha256=${hex}`,
    'X-ZTA-Event': event,
    'X-ZTA-Webhook-ID': webhookId,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  }
}
