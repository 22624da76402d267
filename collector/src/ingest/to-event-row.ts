import { randomUUID } from 'node:crypto'
import { MAX_LABEL_LENGTH, type ValidEvent } from '@zenovay/tracker/contract'
import type { EventRow } from '../stores/event-row.js'
import type { Ids } from './create-identifier.js'
import { nameClient } from './name-client.js'
import { cleanReferrer, splitUrl } from './split-url.js'

/** The row of a valid event: what is stored, and nothing else of what was sent. The user agent is not. */
export function toEventRow(event: ValidEvent, { siteId, ids, language, now }: { siteId: string; ids: Ids; language: string; now: number }): EventRow {
  const address = splitUrl(event.url)
  const client = nameClient(event)
  return {
    site_id: siteId,
    received_at: now,
    occurred_at: now - (event.age_ms ?? 0),
    event_id: event.event_id ?? randomUUID(),
    event_type: event.event_type,
    event_name: event.event_name ?? '',
    visitor_id: ids.visitorId,
    session_id: ids.sessionId,
    user_id: event.user_id ?? '',
    origin: address.origin,
    path: address.path,
    query: address.query,
    referrer: cleanReferrer(event.referrer),
    title: event.title ?? '',
    device_type: client.device_type,
    browser: client.browser,
    os: client.os,
    language: (event.language ?? language).slice(0, MAX_LABEL_LENGTH),
    screen: event.screen ?? '',
    timezone: event.timezone ?? '',
    properties: JSON.stringify(event.properties),
    cookieless: event.cookieless ?? false,
    gpc: event.gpc ?? false,
  }
}
