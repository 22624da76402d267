/**
 * Why a webhook was not accepted. A test checks that docs/errors.md contains the same list.
 *
 * - `BODY_PARSED`: the body is an object or no text of JSON any more; the signature is that of the raw body.
 * - `BODY_TOO_LARGE`: more than 1 MiB.
 * - `BODY_INVALID`: the signature is right, but the body is not an event as JSON in UTF-8.
 * - `SIGNATURE_MISSING`: no header of an allowed family.
 * - `SIGNATURE_INVALID`: another secret, or another body, ID or time than that which was signed.
 * - `ID_MISSING`: `webhook-signature` without `webhook-id`.
 * - `TIMESTAMP_INVALID`: `webhook-timestamp` is not a Unix time in digits.
 * - `TIMESTAMP_EXPIRED`: it differs too much from the clock of this machine: an old delivery, or a wrong clock.
 */
export const WEBHOOK_ERROR_CODES = [
  'BODY_PARSED',
  'BODY_TOO_LARGE',
  'BODY_INVALID',
  'SIGNATURE_MISSING',
  'SIGNATURE_INVALID',
  'ID_MISSING',
  'TIMESTAMP_INVALID',
  'TIMESTAMP_EXPIRED',
] as const
export type WebhookErrorCode = (typeof WEBHOOK_ERROR_CODES)[number]

/**
 * The error of a webhook that `verifyWebhook` does not accept.
 *
 * @example
 * import { verifyWebhook, WebhookError } from '@zenovay/tracker/server'
 * const request = new Request('https://example.com/hook', { method: 'POST', body: '{}' })
 * const { headers } = request
 * await verifyWebhook({ body: await request.text(), headers, secret: 'whsec_…' }).catch((error: unknown) => {
 *   if (error instanceof WebhookError) console.warn(error.code) // SIGNATURE_MISSING
 * })
 */
export class WebhookError extends Error {
  override readonly name = 'WebhookError'
  readonly code: WebhookErrorCode

  constructor(code: WebhookErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}
