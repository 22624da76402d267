export type { ErrorCode, Fault } from '../contract/error-codes.js'
export { isDeniedAgent as isBot } from '../contract/denied-agent.js'
export type { IngestEvent, Properties, PropertyValue } from '../contract/wire.js'
export type { Clock } from './clock.js'
export type { ServerEvent } from './create-event.js'
export { createServerTracker } from './create-server-tracker.js'
export { IngestError, type SenderErrorCode } from './ingest-error.js'
export { OptionsError } from './options-error.js'
export type {
  FlushOptions,
  SenderStats,
  ServerTracker,
  ServerTrackerOptions,
  StoredEvent,
} from './server-tracker.js'
export { signWebhook, type UnsignedWebhook } from './sign-webhook.js'
export { verifyWebhook, type WebhookRequest } from './verify-webhook.js'
export { WebhookError, type WebhookErrorCode } from './webhook-error.js'
export type { WebhookEvent, WebhookEventName } from './webhook-event.js'
export type { SignatureFamily } from './webhook-signature.js'
export { createWebhookHandler, type WebhookHandlerOptions } from './webhook-handler.js'
