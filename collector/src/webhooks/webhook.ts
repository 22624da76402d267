export interface Webhook {
  /** `wh_…` */
  id: string
  accountId: string
  /** The one site it is for; null for all of its account. */
  siteId: string | null
  url: string
  events: WebhookEventName[]
  description: string
  /** Sealed: only the secret box reads it. */
  secret: string
  isActive: boolean
  /** Why it is not active; null while it is. */
  disabledReason: string | null
  /** Deliveries that failed since the last one that arrived. */
  failuresInRow: number
  /** Deliveries that wait or are on their way. */
  backlog: number
  /** ms since the epoch. */
  createdAt: number
  /** Its last attempt, ms since the epoch; null when there was none. */
  lastTriggeredAt: number | null
}

/** What is chosen of a new webhook. */
export type NewWebhook = Pick<Webhook, 'accountId' | 'siteId' | 'url' | 'events' | 'description' | 'secret'>

/** Which webhooks are meant: those of one site or, with null, all of an account. */
export interface WebhookReach {
  accountId: string
  siteId: string | null
}

/** Of one site, and of an account for all of its sites. */
export const MAX_WEBHOOKS = 10
/** Deliveries of one webhook that wait; more are dropped. */
export const MAX_BACKLOG = 50_000
export const MAX_PAYLOAD_BYTES = 1024 * 1024

/** What a webhook may be told of. */
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

/** Something that happened at a site, to be told to its webhooks. */
export interface WebhookEvent {
  /** The same whenever the same happening is told again: it is stored once for each webhook. Such as the `event_id`. */
  key: string
  name: WebhookEventName
  siteId: string
  /** When it happened, ms since the epoch. */
  at: number
  /** Plain JSON. */
  data: Record<string, unknown>
}

/** Whether a text is the name of an event. */
export function isWebhookEventName(text: unknown): text is WebhookEventName {
  return WEBHOOK_EVENTS.includes(text as WebhookEventName)
}
