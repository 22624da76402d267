export type { ErrorCode, Fault } from '../contract/error-codes.js'
export { isDeniedAgent as isBot } from '../contract/denied-agent.js'
export type { IngestEvent, Properties, PropertyValue } from '../contract/wire.js'
export { ApiError, type ClientErrorCode } from './api-error.js'
export type { ClientAddress, ProxyPlatform } from './client-address.js'
export type { Clock } from './clock.js'
export type { ServerEvent } from './create-event.js'
export { createProxy, type ProxyHandler, type ProxyOptions, type RequestContext } from './create-proxy.js'
export { createServerTracker } from './create-server-tracker.js'
export { identityFromRequest, type IdentityOptions, type RequestIdentity } from './identity-from-request.js'
export { followStream, type Hit, type StreamMessage, type StreamOptions } from './follow-stream.js'
export { IngestError, type SenderErrorCode } from './ingest-error.js'
export { OptionsError } from './options-error.js'
export type { RequestHeaders } from './read-header.js'
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
