import { randomUUID } from 'node:crypto'
import { MAX_LABEL_LENGTH, MAX_URL_LENGTH, type Properties, type ValidEvent } from '@zenovay/tracker/contract'
import type { Site } from '../../control/sites.js'
import { isSiteHost } from '../admit/limit-and-origin.js'
import type { EventRow } from '../event-row.js'
import type { Ids } from '../identify/identifier.js'
import { appOf, findAcquisition, hostOf } from './acquisition.js'
import { cleanReferrer, hidePersonalData, splitUrl } from './redact-url.js'
import { parseUserAgent } from './user-agent.js'

/** Values from outside the event. */
interface EventContext {
  site: Site
  ids: Ids
  /** Preferred language of the browser; used when the event has none. */
  language: string
  /** The country from a `GeoProvider`. */
  country: string
  /** Time of receipt, ms since the epoch. */
  now: number
}

/** Builds the row of a valid event. Nothing else is stored; the user agent is not. */
export function toEventRow(event: ValidEvent, { site, ids, language, country, now }: EventContext): EventRow {
  const page = splitUrl(event.url)
  const referrer = cleanReferrer(event.referrer)
  const client = parseUserAgent(event)
  const { channel, source, tags } = findAcquisition({
    query: page.query,
    referrer: referrer ? externalHost(referrer, page.origin, site) : appOf(event.referrer ?? ''),
  })
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
    origin: cutUrl(page.origin),
    path: cutUrl(page.path),
    query: cutUrl(page.query),
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

/** Truncates a URL: parsing can make it longer, because one character may become nine (`%E7%95%8C`). */
function cutUrl(text: string): string {
  return text.length > MAX_URL_LENGTH ? text.slice(0, MAX_URL_LENGTH) : text
}

/** The host of a referrer; empty for an internal link. */
function externalHost(referrer: string, origin: string, site: Site): string {
  const host = hostOf(referrer)
  return host === hostOf(origin) || isSiteHost(host, site) ? '' : host
}

// First integer beyond a signed 64-bit one.
const LARGEST_INTEGER = 2 ** 63
const MAY_BE_LARGE = /\d{19}/

/**
 * The properties of an event as stored JSON.
 *
 * ClickHouse cannot parse JSON with an integer beyond 64 bits, such as JavaScript's 100000000000000000000,
 * and then finds none of the properties. Exponent notation avoids that.
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
