/** The kinds of event the ingest endpoint takes. */
export const EVENT_TYPES = [
  'pageview',
  'custom',
  'goal',
  'revenue',
  'identify',
  'error',
  'performance',
  'engagement',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** A property value; anything else is dropped by the tracker and refused by the collector. */
export type PropertyValue = string | number | boolean
export type Properties = Record<string, PropertyValue>

/** One event as it is posted to `/e/{trackingCode}`. Lengths are in `limits.ts`, rules in docs/wire.md. */
export interface IngestEvent {
  session_id: string
  /** Absolute http(s) URL of the page. */
  url: string
  /** `desktop`, `mobile`, `tablet`, `server`, …; `auto` or `touch` where the collector reads it from `user_agent`. */
  device_type: string
  /** A name, a token of the user agent, or `auto`. */
  browser: string
  /** As `browser`. */
  os: string
  user_agent: string
  visitor_id?: string
  /** @default 'pageview' */
  event_type?: EventType
  /** Needed with `custom` and `goal`. */
  event_name?: string
  properties?: Properties
  /** May be empty: the visitor came directly. */
  referrer?: string
  title?: string
  language?: string
  /** Width and height in CSS pixels, such as `1280x800`. */
  screen?: string
  timezone?: string
  user_id?: string
  /** The same id again within 24 hours is acknowledged and not counted. */
  event_id?: string
  /** How long ago it happened, in milliseconds, for an event that waited. 0 … 7 days. */
  age_ms?: number
  /** Nothing was written to the browser; the collector derives the visitor. */
  cookieless?: boolean
  /** Global Privacy Control or Do Not Track was on. */
  gpc?: boolean
  /** This event was transmitted before. */
  retry?: boolean
}

/** An event that passed {@link validateEvent}: defaults filled, texts cut to their limits. */
export type ValidEvent = Filled<
  Required<IngestEvent>,
  'session_id' | 'url' | 'device_type' | 'browser' | 'os' | 'user_agent' | 'event_type' | 'properties'
>

// Absent fields are undefined instead of missing: every event then has the same shape, which keeps the ingest path fast.
type Filled<T, Always extends keyof T> = { [K in keyof T]: K extends Always ? T[K] : T[K] | undefined }

/** Body of `POST /e/heartbeat/{trackingCode}`. */
export interface Heartbeat {
  session_id: string
  visitor_id?: string
  url?: string
}

/** Answer to one event, or to a batch (then with `accepted` and `rejected`). */
export interface IngestAnswer {
  success: true
  accepted?: number
  rejected?: { index: number; error: import('./error-codes.js').WireError }[]
}

/** Answer of `GET /e/live/{trackingCode}`; `count` is the older name of `visitors`. */
export interface LiveAnswer {
  visitors: number
  count: number
  /** ISO 8601, UTC. */
  timestamp: string
}
