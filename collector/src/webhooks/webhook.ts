export interface Webhook {
  /** `wh_…` */
  id: string
  accountId: string
  /** The site; null for all sites of the account. */
  siteId: string | null
  url: string
  events: WebhookEventName[]
  description: string
  /** The sealed secret; see `control/secrets`. */
  secret: string
  isActive: boolean
  /** The reason why it is not active; null while it is. */
  disabledReason: string | null
  /** Failed deliveries since the last successful one. */
  failuresInRow: number
  /** Deliveries waiting or in flight. */
  backlog: number
  /** ms since the epoch. */
  createdAt: number
  /** Its last attempt, ms since the epoch; null before the first. */
  lastTriggeredAt: number | null
}

/** Input of a new webhook. */
export type NewWebhook = Pick<Webhook, 'accountId' | 'siteId' | 'url' | 'events' | 'description' | 'secret'>

/** Selects the webhooks of one site or, with null, of an account. */
export interface WebhookReach {
  accountId: string
  siteId: string | null
}

/** Maximum number of webhooks of a site, and of those of an account that cover all its sites. */
export const MAX_WEBHOOKS = 10
/** Maximum number of waiting deliveries of one webhook; more are dropped. */
export const MAX_BACKLOG = 50_000
export const MAX_PAYLOAD_BYTES = 1024 * 1024

/** Events that a webhook can subscribe to. */
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

/** An event to deliver to the webhooks of a site. */
export interface WebhookEvent {
  /** Identifies the event, such as its `event_id`: publishing it again queues nothing. */
  key: string
  name: WebhookEventName
  siteId: string
  /** The time when it occurred, ms since the epoch. */
  at: number
  /** The data of the event, as plain JSON values. */
  data: Record<string, unknown>
}

export function isWebhookEventName(text: unknown): text is WebhookEventName {
  return WEBHOOK_EVENTS.includes(text as WebhookEventName)
}
