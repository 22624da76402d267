import { randomUUID } from 'node:crypto'
import { MAX_LABEL_LENGTH, MAX_URL_LENGTH, type Properties, type ValidEvent } from '@zenovay/tracker/contract'
import type { Site } from '../../control/sites.js'
import { isSiteHost } from '../admit/origin.js'
import type { EventRow } from '../event-row.js'
import type { Ids } from '../identify/identifier.js'
import { appOf, findAcquisition, hostOf, INTERNAL } from './acquisition.js'
import { cleanProperties } from './redact-properties.js'
import { cleanReferrer, hidePersonalData, splitUrl } from './redact-url.js'
import { parseUserAgent } from './user-agent.js'

/** Values of a row that are not part of the event itself. */
interface EventContext {
  site: Site
  ids: Ids
  /** Preferred language of the browser. It is used if the event does not specify a language. */
  language: string
  /** ISO 3166-1 alpha-2 code of the visitor's country, or an empty string if it is unknown. */
  country: string
  /** Time when the event was received. Unix time in milliseconds. */
  now: number
  /** Index of the event in its request. */
  position: number
}

/** Builds the row of a valid event. Only this row is stored, and the row does not contain the user agent. */
export function toEventRow(
  event: ValidEvent,
  { site, ids, language, country, now, position }: EventContext,
): EventRow {
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
    properties: propertiesToJson(cleanProperties(event)),
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
    interactive: event.interactive ?? true,
    position,
  }
}

/**
 * Truncates a part of a URL. Parsing can make a URL longer, because one character may become nine, such as
 * `%E7%95%8C`.
 */
function cutUrl(text: string): string {
  return text.length > MAX_URL_LENGTH ? text.slice(0, MAX_URL_LENGTH) : text
}

/** Returns the host of a referrer, or {@link INTERNAL} if the referrer is a page of the same site. */
function externalHost(referrer: string, origin: string, site: Site): string {
  const host = hostOf(referrer)
  return host === hostOf(origin) || isSiteHost(host, site) ? INTERNAL : host
}

// The smallest positive integer that does not fit into a signed 64-bit integer.
const LARGEST_INTEGER = 2 ** 63
const MAY_BE_LARGE = /\d{19}/

/**
 * Returns the properties of an event as JSON text to store.
 *
 * Large integers are written in exponent notation, because ClickHouse cannot parse JSON that contains an
 * integer of more than 64 bits.
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
