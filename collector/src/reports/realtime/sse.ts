import type { FeedEvent } from '../../ingest/event-store.js'
import { formatCursor } from './feed-cursor.js'

/** An event of the stream as text/event-stream has it. JSON has no line breaks, so it is one line of data, whatever it holds. */
export function formatMessage(event: 'live' | 'analytics' | 'hit', data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

// Of the events of a page, which all readers of a site share.
const formatted = new WeakMap<FeedEvent, string>()

/** A stored event without the ids of its user and session. */
export function formatHit(event: FeedEvent): string {
  const known = formatted.get(event)
  if (known !== undefined) return known
  const message = formatMessage('hit', describeHit(event), formatCursor(event))
  formatted.set(event, message)
  return message
}

function describeHit(event: FeedEvent) {
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
    properties: readProperties(properties),
    occurred_at: new Date(occurredAt).toISOString(),
    received_at: new Date(receivedAt).toISOString(),
  }
}

/** A row that something else wrote must not end the streams of a site. */
function readProperties(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
