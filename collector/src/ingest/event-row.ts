import { crc32 } from 'node:zlib'

/** A stored event. All times are Unix times in milliseconds. Absent texts are empty strings. */
export interface EventRow {
  site_id: string
  /** Time when the collector received the event. Sessions and the live count use this time. */
  received_at: number
  /** Time when the event happened on the page or server. Reports use this time. */
  occurred_at: number
  event_id: string
  event_type: string
  event_name: string
  visitor_id: string
  session_id: string
  user_id: string
  /** Scheme and host of the page URL, such as `https://shop.example`. */
  origin: string
  path: string
  /** Query string of the page URL, without the `?` and without secrets. */
  query: string
  referrer: string
  title: string
  device_type: string
  browser: string
  os: string
  language: string
  screen: string
  timezone: string
  /** A flat object as JSON text. */
  properties: string
  cookieless: boolean
  gpc: boolean
  /** ISO 3166-1 alpha-2 code of the country, or an empty string if the country is unknown. */
  country: string
  /** Acquisition channel, such as `organic search`. docs/sources.md lists all channels. */
  channel: string
  /** Acquisition source, such as `Google` or `blog.example`. Empty for direct and internal traffic. */
  source: string
  utm_source: string
  utm_medium: string
  utm_campaign: string
  utm_term: string
  utm_content: string
  /** Whether the visitor caused the event. Other events do not end a bounce. */
  interactive: boolean
  /** Index of the event in its request. Orders events that happened in the same millisecond. */
  position: number
}

/** A stored heartbeat, which shows that the visitor still has the page open. */
export interface HeartbeatRow {
  site_id: string
  received_at: number
  visitor_id: string
}

/** The columns of a stored event that webhooks and goals use. */
export type PublishedRow = Pick<
  EventRow,
  | 'site_id'
  | 'event_id'
  | 'event_type'
  | 'event_name'
  | 'visitor_id'
  | 'session_id'
  | 'path'
  | 'referrer'
  | 'country'
  | 'device_type'
  | 'browser'
  | 'properties'
  | 'occurred_at'
>

/**
 * Returns the CRC-32 checksum of an event's content. Events with the same ID but different checksums are
 * different events.
 *
 * The checksum excludes the times and the visitor, because they can differ between retries of the same event.
 */
export function fingerprintOf({ event_type, event_name, origin, path, query, properties }: EventRow): number {
  return crc32(`${event_type}\n${event_name}\n${origin}\n${path}\n${query}\n${properties}`)
}
