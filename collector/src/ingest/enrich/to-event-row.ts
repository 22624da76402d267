import { randomUUID } from 'node:crypto'
import { MAX_LABEL_LENGTH, MAX_URL_LENGTH, type ValidEvent } from '@zenovay/tracker/contract'
import type { Site } from '../../stores/control-store.js'
import type { EventRow } from '../../stores/event-row.js'
import { isSiteHost } from '../admit.js'
import type { Ids } from '../create-identifier.js'
import { hidePersonalData } from '../remove-secrets.js'
import { cleanReferrer, splitUrl } from '../split-url.js'
import { findAcquisition } from './find-acquisition.js'
import { nameClient } from './name-client.js'
import { appOf, hostOf } from './referrer-host.js'
import { writeProperties } from './write-properties.js'

/** What an event does not say of itself. */
export interface EventContext {
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
  const client = nameClient(event)
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
    properties: writeProperties(event.properties),
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
