import { checkNumber, checkOptions, type Reason } from './options-error.js'
import { readHeader, type RequestHeaders } from './read-header.js'
import { WebhookError } from './webhook-error.js'
import type { WebhookEvent } from './webhook-event.js'
import {
  computeSignature,
  isSameText,
  SIGNATURE_HEADERS,
  type SignatureFamily,
  type SignedDelivery,
} from './webhook-signature.js'

export interface WebhookRequest {
  /** The raw body, exactly as it was received. */
  body: string | Uint8Array | ArrayBuffer
  /** The headers of the request, with names in any case. */
  headers: RequestHeaders
  /** The secret of the webhook, `whsec_…`. While it is rotated, the new one and the old one. */
  secret: string | readonly string[]
  /**
   * The signatures that are accepted; the first that the request has decides. `['standard']` also refuses old deliveries that
   * somebody sends again without `webhook-signature`. @default ['standard', 'zenovay', 'zta']
   */
  families?: readonly SignatureFamily[] | undefined
  /** How far `webhook-timestamp` may be from now, in milliseconds: 1 second to 1 hour. @default 5 minutes */
  toleranceMs?: number | undefined
  /** Unix time in milliseconds. @default Date.now */
  now?: (() => number) | undefined
}

const FAMILIES = Object.keys(SIGNATURE_HEADERS) as SignatureFamily[]
/** At least twelve bytes in base64. */
const SECRET = /^whsec_(?:[A-Za-z0-9+/]{4}){4,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const TOLERANCE_MS = 5 * 60_000
export const MAX_WEBHOOK_BYTES = 1024 * 1024
/** Far more than a few signatures need. */
const MAX_HEADER_LENGTH = 4_096

/**
 * Verifies a delivery of a webhook and returns its event. Rejects with a {@link WebhookError} that says what is wrong, and
 * with an {@link OptionsError} if secret, families or tolerance are not valid.
 *
 * Signatures are compared in constant time. A delivery may arrive more than once, always with the same `id`.
 *
 * @example
 * import { verifyWebhook } from '@zenovay/tracker/server'
 * export async function POST(request: Request): Promise<Response> {
 *   const { headers } = request
 *   const event = await verifyWebhook({ body: await request.text(), headers, secret: 'whsec_…' })
 *   if (event.event === 'goal') console.log(event.data.goalName)
 *   return new Response(null, { status: 204 })
 * }
 */
export async function verifyWebhook(request: WebhookRequest): Promise<WebhookEvent> {
  checkOptions('verifyWebhook', checkWebhookOptions(request))
  const { headers, families = FAMILIES, toleranceMs = TOLERANCE_MS, now = Date.now } = request
  const secrets = listSecrets(request.secret)
  const body = readBody(request.body)
  const read = (name: string) => readHeader(headers, name)
  const family = families.find((family) => read(SIGNATURE_HEADERS[family]) !== undefined)
  if (!family)
    throw new WebhookError(
      'SIGNATURE_MISSING',
      `The request has no ${families.map((family) => SIGNATURE_HEADERS[family]).join(', ')}. It does not come from a collector, or something on the way removed it.`,
    )
  const delivery = { body, id: read('webhook-id') ?? '', timestamp: read('webhook-timestamp') ?? '' }
  if (family === 'standard') checkTime(delivery, now(), toleranceMs)
  if (!(await isSigned(family, read(SIGNATURE_HEADERS[family])!, secrets, delivery)))
    throw new WebhookError(
      'SIGNATURE_INVALID',
      `No signature in ${SIGNATURE_HEADERS[family]} is that of this body and secret. Check the secret, and that the body is the raw one: not parsed, re-encoded or trimmed.`,
    )
  return parseEvent(body)
}

const listSecrets = (secret: WebhookRequest['secret']): readonly string[] =>
  typeof secret === 'string' ? [secret] : secret

export const checkWebhookOptions = ({
  secret,
  families = FAMILIES,
  toleranceMs,
}: Omit<WebhookRequest, 'body' | 'headers'>): Record<string, Reason> => ({
  secret: checkSecrets(listSecrets(secret)),
  families: checkFamilies(families),
  toleranceMs: checkNumber(toleranceMs, 1_000, 60 * 60_000),
})

const checkSecrets = (secrets: readonly string[]): Reason =>
  Array.isArray(secrets) &&
  secrets.length > 0 &&
  secrets.length <= 10 &&
  secrets.every((secret: string) => SECRET.test(secret))
    ? undefined
    : 'must be the secret of the webhook, whsec_…, or up to ten of them'

const checkFamilies = (families: readonly SignatureFamily[]): Reason =>
  Array.isArray(families) &&
  families.length > 0 &&
  families.every((family: SignatureFamily) => FAMILIES.includes(family))
    ? undefined
    : `must be some of ${FAMILIES.join(', ')}`

function readBody(body: unknown): Uint8Array {
  const bytes =
    typeof body === 'string' && body !== '[object Object]'
      ? new TextEncoder().encode(body)
      : body instanceof ArrayBuffer
        ? new Uint8Array(body)
        : body
  if (!(bytes instanceof Uint8Array))
    throw new WebhookError(
      'BODY_PARSED',
      'The body was parsed before. Pass the raw body, as text or bytes: its signature is that of every byte. In Express, use express.raw() for this route, before express.json().',
    )
  if (bytes.length > MAX_WEBHOOK_BYTES) throw bodyTooLarge()
  return bytes
}

export const bodyTooLarge = (): WebhookError =>
  new WebhookError('BODY_TOO_LARGE', `The body has more than ${MAX_WEBHOOK_BYTES} bytes.`)

function checkTime({ id, timestamp }: SignedDelivery, now: number, toleranceMs: number): void {
  if (!id) throw new WebhookError('ID_MISSING', 'The request has webhook-signature, but no webhook-id.')
  if (!/^\d{1,12}$/.test(timestamp))
    throw new WebhookError('TIMESTAMP_INVALID', 'webhook-timestamp is not a Unix time in seconds, in digits.')
  const ageMs = now - Number(timestamp) * 1000
  if (Math.abs(ageMs) > toleranceMs)
    throw new WebhookError(
      'TIMESTAMP_EXPIRED',
      `The delivery was signed ${Math.abs(Math.round(ageMs / 1000))} s ${ageMs > 0 ? 'ago' : 'in the future'}. Somebody may send an old one again; otherwise check the clock of this machine.`,
    )
}

/** Whether a header, which may hold several signatures, has one of a secret. */
async function isSigned(
  family: SignatureFamily,
  header: string,
  secrets: readonly string[],
  delivery: SignedDelivery,
): Promise<boolean> {
  if (header.length > MAX_HEADER_LENGTH) return false
  const given = family === 'standard' ? header.split(' ') : [header]
  let isFound = false
  for (const secret of secrets) {
    const expected = await computeSignature(family, secret, delivery)
    for (const signature of given) if (isSameText(signature, expected)) isFound = true
  }
  return isFound
}

function parseEvent(body: Uint8Array): WebhookEvent {
  try {
    const event = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as WebhookEvent
    if (typeof event.id === 'string' && typeof event.event === 'string') return event
  } catch (cause) {
    throw new WebhookError('BODY_INVALID', 'The body is not JSON in UTF-8.', cause)
  }
  throw new WebhookError('BODY_INVALID', 'The body is not an event: it has no id or no event.')
}
