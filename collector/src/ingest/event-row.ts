import { crc32 } from 'node:zlib'

/** A stored event. Times are ms since the epoch; absent texts are empty. */
export interface EventRow {
  site_id: string
  /** The time when the collector received it: used for sessions and the live count. */
  received_at: number
  /** The time when it happened: used for reports. */
  occurred_at: number
  event_id: string
  event_type: string
  event_name: string
  visitor_id: string
  session_id: string
  user_id: string
  /** Scheme and host of the page, such as `https://shop.example`. */
  origin: string
  path: string
  /** Query of the page without `?` and secrets. */
  query: string
  referrer: string
  title: string
  device_type: string
  browser: string
  os: string
  language: string
  screen: string
  timezone: string
  /** A flat object as JSON. */
  properties: string
  cookieless: boolean
  gpc: boolean
  /** The ISO 3166-1 alpha-2 code of the country; empty when unknown. */
  country: string
  /** Acquisition channel, such as `organic search`; docs/sources.md lists them. */
  channel: string
  /** Acquisition source, such as `Google` or `blog.example`; empty for direct and internal traffic. */
  source: string
  utm_source: string
  utm_medium: string
  utm_campaign: string
  utm_term: string
  utm_content: string
}

/** A stored heartbeat: the visitor still has the page open. */
export interface HeartbeatRow {
  site_id: string
  received_at: number
  visitor_id: string
}

/** The columns of an event that webhooks and goals use. */
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
 * CRC-32 of an event's content. Events with the same id and different fingerprints are different events.
 *
 * It covers the stored columns that the sender sets, and leaves out times and visitor, which differ between
 * retries.
 */
export function fingerprintOf({ event_type, event_name, origin, path, query, properties }: EventRow): number {
  return crc32(`${event_type}\n${event_name}\n${origin}\n${path}\n${query}\n${properties}`)
}
