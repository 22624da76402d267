import { checkFunction, checkOptions } from './options-error.js'
import { limitBody } from './limit-body.js'
import {
  bodyTooLarge,
  checkWebhookOptions,
  MAX_WEBHOOK_BYTES,
  verifyWebhook,
  type WebhookRequest,
} from './verify-webhook.js'
import { WebhookError } from './webhook-error.js'
import type { WebhookEvent } from './webhook-event.js'

export interface WebhookHandlerOptions extends Omit<WebhookRequest, 'body' | 'headers'> {
  /**
   * Is called with each event. The collector waits five seconds for the answer, so store the event or start a task, and
   * remember `id`: a delivery may arrive more than once. If it throws, the answer is a 500 and the collector tries again.
   */
  onEvent: (event: WebhookEvent) => unknown
  /** Called with the reason for a refused request, and with what `onEvent` throws, which is logged by default. */
  onError?: ((error: unknown) => void) | undefined
}

/**
 * Creates a handler of requests with a webhook: 204 after `onEvent`, 400 or 401 with the reason if the request is not
 * genuine, 413 if its body is too large, 405 if it is no POST, and 500 if `onEvent` throws.
 *
 * @example
 * import { createWebhookHandler } from '@zenovay/tracker/server'
 * export const POST = createWebhookHandler({
 *   secret: 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
 *   onEvent: (event) => console.log(event.id, event.event),
 * })
 */
export function createWebhookHandler({
  onEvent,
  onError,
  ...options
}: WebhookHandlerOptions): (request: Request) => Promise<Response> {
  checkOptions('createWebhookHandler', {
    onEvent: typeof onEvent === 'function' ? undefined : 'must be a function',
    onError: checkFunction(onError),
    ...checkWebhookOptions(options),
  })
  return async ({ method, headers, body }) => {
    if (method !== 'POST') return refuse(405, 'METHOD_NOT_ALLOWED', 'Webhooks are sent with POST.')
    let event: WebhookEvent
    try {
      const bytes = await limitBody(body, MAX_WEBHOOK_BYTES)
        .arrayBuffer()
        .catch((error: unknown) => {
          throw error instanceof RangeError ? bodyTooLarge() : error
        })
      event = await verifyWebhook({ ...options, headers, body: bytes })
    } catch (error) {
      onError?.(error)
      // The sender has gone.
      if (!(error instanceof WebhookError)) return refuse(400, 'BODY_INVALID', 'The body is not complete.')
      return refuse(STATUS_OF[error.code] ?? 401, error.code, error.message)
    }
    try {
      await onEvent(event)
      return new Response(null, { status: 204 })
    } catch (error) {
      if (onError) onError(error)
      else console.error('zenovay: onEvent threw', error)
      return refuse(500, 'INTERNAL_ERROR', 'The receiver failed. Send the delivery again.')
    }
  }
}

const STATUS_OF: Partial<Record<string, number>> = { BODY_TOO_LARGE: 413, BODY_INVALID: 400 }

const refuse = (status: number, code: string, message: string): Response =>
  Response.json({ success: false, error: { code, message } }, { status })
