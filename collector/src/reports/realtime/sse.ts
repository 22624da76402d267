import type { FeedEvent } from '../../ingest/event-store.js'
import { formatFeedCursor } from './feed-cursor.js'

/** Formats a Server-Sent Event. Any data fits on one line because serialized JSON contains no line breaks. */
export function formatMessage(event: 'live' | 'analytics' | 'hit', data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

// Caches the text of each event, because all readers of a site receive the same event objects.
const formatted = new WeakMap<FeedEvent, string>()

/** Formats a stored event as a Server-Sent Event, without the user ID and the session ID. */
export function formatHit(event: FeedEvent): string {
  const known = formatted.get(event)
  if (known !== undefined) return known
  const message = formatMessage('hit', toHitJson(event), formatFeedCursor(event))
  formatted.set(event, message)
  return message
}

function toHitJson(event: FeedEvent) {
  const {
    eventId,
    eventType,
    eventName,
    visitorId,
    origin,
    path,
    title,
    referrer,
    source,
    channel,
    country,
    deviceType,
    browser,
    os,
    properties,
    occurredAt,
    receivedAt,
  } = event
  return {
    id: eventId,
    type: eventType,
    name: eventName,
    visitor_id: visitorId,
    url: origin + path,
    path,
    title,
    referrer,
    source,
    channel,
    country_code: country,
    device_type: deviceType,
    browser,
    os,
    properties: parseProperties(properties),
    occurred_at: new Date(occurredAt).toISOString(),
    received_at: new Date(receivedAt).toISOString(),
  }
}

/**
 * Parses the properties of an event. Returns an empty object for invalid JSON, because one invalid row must
 * not end all streams of the site.
 */
function parseProperties(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
