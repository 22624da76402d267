import type { FeedEvent } from '../stores/event-store.js'
import { formatCursor } from './feed-cursor.js'

/** An event of the stream as text/event-stream has it. JSON has no line breaks, so it is one line of data, whatever it holds. */
export function formatMessage(event: 'live' | 'analytics' | 'hit', data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** A stored event without the ids of its user and session. */
export function formatHit(event: FeedEvent): string {
  const { eventId, eventType, eventName, visitorId, origin, path, title, referrer, source, channel, country, deviceType, browser, os, properties, occurredAt, receivedAt } = event
  const data = {
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
    properties: JSON.parse(properties) as unknown,
    occurred_at: new Date(occurredAt).toISOString(),
    received_at: new Date(receivedAt).toISOString(),
  }
  return formatMessage('hit', data, formatCursor(event))
}
