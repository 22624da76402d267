export interface Webhook {
  /** ID of the webhook, `wh_…`. */
  id: string
  accountId: string
  /** Site whose events are delivered, or null for all sites of the account. */
  siteId: string | null
  url: string
  events: WebhookEventName[]
  description: string
  /** The encrypted signing secret. See `control/secrets`. */
  secret: string
  isActive: boolean
  /** Reason why the webhook is disabled, or null if it is active. */
  disabledReason: string | null
  /** Number of failed deliveries since the last successful delivery. */
  failuresInRow: number
  /** Number of deliveries that are waiting or in flight. */
  backlog: number
  /** Unix time in milliseconds. */
  createdAt: number
  /** Start of the last attempt, or null before the first attempt. Unix time in milliseconds. */
  lastTriggeredAt: number | null
}

/** Input fields of a new webhook. */
export type NewWebhook = Pick<Webhook, 'accountId' | 'siteId' | 'url' | 'events' | 'description' | 'secret'>

/** Selects the webhooks of one site, or all webhooks of the account if `siteId` is null. */
export interface WebhookReach {
  accountId: string
  siteId: string | null
}

/** Maximum number of webhooks per site, and of account-wide webhooks per account. */
export const MAX_WEBHOOKS = 10
/** Maximum number of unfinished deliveries per webhook. Further deliveries are dropped. */
export const MAX_BACKLOG = 50_000
export const MAX_PAYLOAD_BYTES = 1024 * 1024

/** Event types that a webhook can subscribe to. */
export const WEBHOOK_EVENTS = [
  'pageview',
  'event',
  'goal',
  'alert',
  'session_end',
  'high_value_visitor',
  'traffic_spike',
] as const
export type WebhookEventName = (typeof WEBHOOK_EVENTS)[number]

/** An event to deliver to the webhooks of a site and of its account. */
export interface WebhookEvent {
  /**
   * Unique key of the event, such as its `event_id`. Publishing an event with the same key again has no
   * effect.
   */
  key: string
  name: WebhookEventName
  siteId: string
  /** Time at which the event occurred. Unix time in milliseconds. */
  at: number
  /** Event data, as plain JSON values. */
  data: Record<string, unknown>
}

export function isWebhookEventName(text: unknown): text is WebhookEventName {
  return WEBHOOK_EVENTS.includes(text as WebhookEventName)
}
