import { createHmac, randomBytes } from 'node:crypto'

/** A delivery that is ready to be signed. */
export interface UnsignedDelivery {
  /** The webhook secret: `whsec_`, followed by 32 bytes in base64. */
  secret: string
  /** ID of the event, `evt_…`, which is the same for every attempt. */
  id: string
  event: string
  /** ID of the webhook, `wh_…`. */
  webhookId: string
  /** The exact text of the request body. */
  body: string
  /** Time at which the request is sent. Unix time in milliseconds. */
  at: number
}

const SECRET_PREFIX = 'whsec_'
const SECRET_BYTES = 32

/** Creates a random signing secret that works with all three signature schemes. */
export function createWebhookSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64')
}

/**
 * Returns the headers that describe and sign a delivery in three signature schemes. The two hexadecimal
 * signatures use the text of the secret as the key. Standard Webhooks uses the bytes that are decoded from
 * the secret.
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
    // Each header contains only one signature, because receivers compare the whole header value and reject
    // values of any other length.
    'X-ZTA-Signature': `sha256=${hex}`,
    'X-ZTA-Event': event,
    'X-ZTA-Webhook-ID': webhookId,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  }
}
