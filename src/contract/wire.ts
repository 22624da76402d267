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

/** A property value. The tracker drops values of any other type, and the collector rejects them. */
export type PropertyValue = string | number | boolean
export type Properties = Record<string, PropertyValue>

/**
 * One event, as sent in the body of `POST /e/{trackingCode}`. `limits.ts` defines the limits of its fields,
 * and docs/wire.md describes its rules.
 */
export interface IngestEvent {
  session_id: string
  /** Absolute http(s) URL of the page. */
  url: string
  /**
   * Type of device, such as `desktop`, `mobile`, `tablet` or `server`. With `auto` or `touch`, the collector
   * derives the type from `user_agent`.
   */
  device_type: string
  /**
   * Name of the browser or its token in the user agent. With `auto`, the collector derives it from
   * `user_agent`.
   */
  browser: string
  /**
   * Name of the operating system or its token in the user agent. With `auto`, the collector derives it from
   * `user_agent`.
   */
  os: string
  user_agent: string
  visitor_id?: string
  /** Type of the event. @default 'pageview' */
  event_type?: EventType
  /** Name of the event. Required for the event types `custom` and `goal`. */
  event_name?: string
  properties?: Properties
  /** URL of the referring page. Empty for a direct visit. */
  referrer?: string
  title?: string
  language?: string
  /** Width and height in CSS pixels, such as `1280x800`. */
  screen?: string
  timezone?: string
  user_id?: string
  /** ID for deduplication. Another event with the same ID within 24 hours is acknowledged but not counted. */
  event_id?: string
  /** Age of a delayed event when it is sent, in milliseconds. The maximum is 7 days. */
  age_ms?: number
  /** Whether the tracker stores nothing in the browser. The collector then derives the visitor ID. */
  cookieless?: boolean
  /** Whether Global Privacy Control or Do Not Track is enabled in the browser. */
  gpc?: boolean
  /** Whether this is a retry of an event that was sent before. */
  retry?: boolean
  /**
   * Whether the visitor caused the event. An event that happened without the visitor's doing does not end a
   * bounce. @default true
   */
  interactive?: boolean
  /**
   * Whether a browser sends this event with the same `event_id`, so that only the first of them is counted. Used
   * only by `POST /api/v1/events`, whose IDs are otherwise distinct from those of browsers. @default false
   */
  shared_id?: boolean
}

/**
 * An event that passed {@link validateEvent}. Default values are filled in, and long strings are cut to their
 * maximum length.
 */
export type ValidEvent = Filled<
  Required<IngestEvent>,
  'session_id' | 'url' | 'device_type' | 'browser' | 'os' | 'user_agent' | 'event_type' | 'properties'
>

// Set absent fields to undefined instead of omitting them, because ingest is faster if all events have the
// same object shape.
type Filled<T, Always extends keyof T> = { [K in keyof T]: K extends Always ? T[K] : T[K] | undefined }

/** Request body of `POST /e/heartbeat/{trackingCode}`. */
export interface Heartbeat {
  session_id: string
  visitor_id?: string
  url?: string
}

/** Response to an ingest request. `accepted` and `rejected` are included only in the response to a batch. */
export interface IngestAnswer {
  success: true
  accepted?: number
  rejected?: { index: number; error: import('./error-codes.js').WireError }[]
}

/**
 * Response of `GET /e/live/{trackingCode}`. `count` is an older name for `visitors` and has the same value.
 */
export interface LiveAnswer {
  visitors: number
  count: number
  /** Time of the response in ISO 8601 format, in UTC. */
  timestamp: string
}
