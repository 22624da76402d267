import { crc32 } from 'node:zlib'

/** One event as it is stored. Times are ms since the epoch; absent texts are empty. */
export interface EventRow {
  site_id: string
  /** When the collector took it: rules sessions, live count and limits. */
  received_at: number
  /** When it happened: rules reports. */
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
  /** Query of the page without its `?`, secrets removed. */
  query: string
  referrer: string
  title: string
  device_type: string
  browser: string
  os: string
  language: string
  screen: string
  timezone: string
  /** JSON of the flat object. */
  properties: string
  cookieless: boolean
  gpc: boolean
  /** ISO 3166-1 alpha-2; empty when it is not known. */
  country: string
  /** How the visitor came to this page, such as `organic search`; docs/sources.md lists them. */
  channel: string
  /** Who sent them, such as `Google` or `blog.example`; empty when they came by themselves or from the site itself. */
  source: string
  utm_source: string
  utm_medium: string
  utm_campaign: string
  utm_term: string
  utm_content: string
}

/** A sign of life of a visitor between two events. */
export interface HeartbeatRow {
  site_id: string
  received_at: number
  visitor_id: string
}

/** What webhooks and goals ask of a stored event. */
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
 * What an event says, in 32 bits: two events with one id and different fingerprints are two events.
 * Only what its sender wrote counts, as it is stored; not when it came, who sent it, and how often.
 */
export function fingerprintOf({ event_type, event_name, origin, path, query, properties }: EventRow): number {
  return crc32(`${event_type}\n${event_name}\n${origin}\n${path}\n${query}\n${properties}`)
}
