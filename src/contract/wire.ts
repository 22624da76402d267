/** Event types that the ingest endpoint accepts. */
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

/** A property value. The tracker drops any other value, and the collector refuses it. */
export type PropertyValue = string | number | boolean
export type Properties = Record<string, PropertyValue>

/**
 * One event, the body of `POST /e/{trackingCode}`. Its limits are in `limits.ts`, its rules in docs/wire.md.
 */
export interface IngestEvent {
  session_id: string
  /** Absolute http(s) URL of the page. */
  url: string
  /**
   * The type of device: `desktop`, `mobile`, `tablet`, `server`, …; with `auto` or `touch` the collector
   * reads it from `user_agent`.
   */
  device_type: string
  /** A name, a token of the user agent, or `auto` to have the collector read it from `user_agent`. */
  browser: string
  /** The operating system, in the same forms as `browser`. */
  os: string
  user_agent: string
  visitor_id?: string
  /** @default 'pageview' */
  event_type?: EventType
  /** The name of the event; required for `custom` and `goal`. */
  event_name?: string
  properties?: Properties
  /** The referrer; empty for a direct visit. */
  referrer?: string
  title?: string
  language?: string
  /** Width and height in CSS pixels, such as `1280x800`. */
  screen?: string
  timezone?: string
  user_id?: string
  /** An event with the same id within 24 hours is acknowledged but not counted. */
  event_id?: string
  /** Age of an event that was delayed, in milliseconds. 0 … 7 days. */
  age_ms?: number
  /** Whether nothing was stored in the browser; the collector then derives the visitor. */
  cookieless?: boolean
  /** Whether Global Privacy Control or Do Not Track is on. */
  gpc?: boolean
  /** Whether the event was sent before. */
  retry?: boolean
}

/** An event that passed {@link validateEvent}: with defaults, and strings cut to their limits. */
export type ValidEvent = Filled<
  Required<IngestEvent>,
  'session_id' | 'url' | 'device_type' | 'browser' | 'os' | 'user_agent' | 'event_type' | 'properties'
>

// Absent fields are undefined and not missing: all events then have the same shape, which keeps the ingest
// path fast.
type Filled<T, Always extends keyof T> = { [K in keyof T]: K extends Always ? T[K] : T[K] | undefined }

/** Body of `POST /e/heartbeat/{trackingCode}`. */
export interface Heartbeat {
  session_id: string
  visitor_id?: string
  url?: string
}

/** Answer to one event, or to a batch, which has `accepted` and `rejected`. */
export interface IngestAnswer {
  success: true
  accepted?: number
  rejected?: { index: number; error: import('./error-codes.js').WireError }[]
}

/** Answer of `GET /e/live/{trackingCode}`; `count` is the older name of `visitors`. */
export interface LiveAnswer {
  visitors: number
  count: number
  /** The time in ISO 8601, UTC. */
  timestamp: string
}
