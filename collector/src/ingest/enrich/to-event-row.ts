import { randomUUID } from 'node:crypto'
import { MAX_LABEL_LENGTH, MAX_URL_LENGTH, type Properties, type ValidEvent } from '@zenovay/tracker/contract'
import type { Site } from '../../control/sites.js'
import { isSiteHost } from '../admit/allowed-origin.js'
import type { EventRow } from '../event-row.js'
import type { Ids } from '../identify/identifier.js'
import { appOf, findAcquisition, hostOf } from './acquisition.js'
import { cleanReferrer, hidePersonalData, splitUrl } from './redact-url.js'
import { parseUserAgent } from './user-agent.js'

/** What an event does not say of itself. */
interface EventContext {
  site: Site
  ids: Ids
  /** What the browser asks for; counts when the event names none. */
  language: string
  /** As a `GeoProvider` gives it. */
  country: string
  /** When it was taken, ms since the epoch. */
  now: number
}

/** The row of a valid event: what is stored, and nothing else of what was sent. The user agent is not. */
export function toEventRow(event: ValidEvent, { site, ids, language, country, now }: EventContext): EventRow {
  const address = splitUrl(event.url)
  const referrer = cleanReferrer(event.referrer)
  const client = parseUserAgent(event)
  const sender = referrer ? foreignHost(referrer, address.origin, site) : appOf(event.referrer ?? '')
  const { channel, source, tags } = findAcquisition({ query: address.query, sender })
  return {
    site_id: site.id,
    received_at: now,
    occurred_at: now - (event.age_ms ?? 0),
    event_id: event.event_id ?? randomUUID(),
    event_type: event.event_type,
    event_name: event.event_name ?? '',
    visitor_id: ids.visitorId,
    session_id: ids.sessionId,
    user_id: event.user_id ?? '',
    origin: cutUrl(address.origin),
    path: cutUrl(address.path),
    query: cutUrl(address.query),
    referrer: cutUrl(referrer),
    title: hidePersonalData(event.title ?? ''),
    device_type: client.device_type,
    browser: client.browser,
    os: client.os,
    language: (event.language ?? language).slice(0, MAX_LABEL_LENGTH),
    screen: event.screen ?? '',
    timezone: event.timezone ?? '',
    properties: propertiesToJson(event.properties),
    cookieless: event.cookieless ?? false,
    gpc: event.gpc ?? false,
    country,
    channel,
    source,
    utm_source: tags.utm_source,
    utm_medium: tags.utm_medium,
    utm_campaign: tags.utm_campaign,
    utm_term: tags.utm_term,
    utm_content: tags.utm_content,
  }
}

/** A URL grows when it is read: one character may become nine, `%E7%95%8C`. */
function cutUrl(text: string): string {
  return text.length > MAX_URL_LENGTH ? text.slice(0, MAX_URL_LENGTH) : text
}

/** The host that linked to a page; a link of the site to itself brought nobody. */
function foreignHost(referrer: string, origin: string, site: Site): string {
  const host = hostOf(referrer)
  return host === hostOf(origin) || isSiteHost(host, site) ? '' : host
}

// Where 64 bits with a sign end.
const LARGEST_INTEGER = 2 ** 63
const MAY_BE_LARGE = /\d{19}/

/**
 * The JSON of an event's properties, as it is stored.
 *
 * The engine gives up on a text with an integer beyond 64 bits, such as the 100000000000000000000 that JavaScript writes, and
 * finds no other property of the event either. With an exponent it is the same number.
 */
export function propertiesToJson(properties: Properties): string {
  const json = JSON.stringify(properties)
  if (!MAY_BE_LARGE.test(json)) return json
  const entries = Object.entries(properties).map(
    ([key, value]) =>
      `${JSON.stringify(key)}:${isLarge(value) ? value.toExponential() : JSON.stringify(value)}`,
  )
  return `{${entries.join(',')}}`
}

function isLarge(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) >= LARGEST_INTEGER
}
