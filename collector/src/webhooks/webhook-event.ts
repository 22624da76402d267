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
