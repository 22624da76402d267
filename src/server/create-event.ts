import type { Fault } from '../contract/error-codes.js'
import { MAX_AGE_MS } from '../contract/limits.js'
import type { IngestEvent, Properties } from '../contract/wire.js'
import { IngestError } from './ingest-error.js'

/** What all events have. */
export interface ServerEvent {
  /** Absolute http(s) URL of the page. */
  url: string
  /** ID of the visit, with at least 8 characters. Use the same ID for all events of the visit. */
  sessionId: string
  /** ID of the visitor, with at least 8 characters. Use the same ID for all events of the visitor. */
  visitorId?: string | undefined
  userId?: string | undefined
  referrer?: string | undefined
  title?: string | undefined
  properties?: Properties | undefined
  /** When the event happened, as a date or as Unix time in milliseconds: up to 7 days ago. @default now */
  at?: Date | number | undefined
  /**
   * ID by which the collector knows a repeated event for 24 hours, such as the ID of an order.
   * @default a random one
   */
  eventId?: string | undefined
  /** Whether a browser sends the event with the same `eventId`, too. Needs `apiKey`. @default false */
  sharedId?: boolean | undefined
  /** Whether the visitor is counted without IDs only, as a browser in cookieless mode. @default false */
  cookieless?: boolean | undefined
  /** Whether the visitor caused the event, which ends a bounce. @default true */
  interactive?: boolean | undefined
}

/** How far `at` may be in the future, because clocks differ. */
const CLOCK_SKEW_MS = 5 * 60_000

/** An event that can be sent. */
export interface CreatedEvent {
  eventId: string
  json: string
  /** How long ago it happened, in milliseconds. */
  ageMs: number
}

/**
 * Writes an event as JSON. Throws an {@link IngestError} with the code `VALIDATION_ERROR`, whatever the caller passes, if JSON
 * would lose or change what it says. All other rules are those of the collector, which lists every fault.
 */
export function createEvent(
  kind: Partial<IngestEvent>,
  source: ServerEvent,
  userAgent: string,
  now: number,
): CreatedEvent {
  try {
    const { at = now, properties, url, sessionId, visitorId, userId, ...others } = { ...source }
    const { referrer, title, interactive, cookieless, sharedId, eventId = crypto.randomUUID() } = others
    const time = at instanceof Date ? at.getTime() : at
    const given: Properties = { ...kind.properties, ...properties }
    const faults = [...findTimeFaults(time, now), ...findPropertyFaults(given)]
    if (faults.length > 0) throw refuse(faults)
    const json = JSON.stringify({
      url,
      session_id: sessionId,
      visitor_id: visitorId,
      user_id: userId,
      referrer,
      title,
      event_id: eventId,
      shared_id: sharedId,
      interactive,
      cookieless,
      device_type: 'server',
      browser: 'server',
      os: 'server',
      user_agent: userAgent,
      ...kind,
      properties: given,
    })
    return { eventId, json, ageMs: now - time }
  } catch (error) {
    if (error instanceof IngestError) throw error
    // A getter or a proxy of the caller.
    throw refuse([{ field: 'event', reason: `cannot be read: ${String(error)}` }], error)
  }
}

function findTimeFaults(time: unknown, now: number): Fault[] {
  const isTime = typeof time === 'number' && time <= now + CLOCK_SKEW_MS && time >= now - MAX_AGE_MS
  return isTime
    ? []
    : [{ field: 'at', reason: 'must be a Date or a Unix time in milliseconds, of the last 7 days' }]
}

/** Finds what JSON would change, such as a date or NaN. Undefined and null are left out, as in JSON and by the collector. */
function findPropertyFaults(properties: Record<string, unknown>): Fault[] {
  return Object.entries(properties).flatMap(([key, value]) =>
    value == null || /^(string|boolean)$/.test(typeof value) || Number.isFinite(value)
      ? []
      : [{ field: `properties.${key}`, reason: 'must be a string, a finite number or a boolean' }],
  )
}

const refuse = (details: Fault[], cause?: unknown): IngestError =>
  new IngestError({
    code: 'VALIDATION_ERROR',
    message: 'The event is not valid, and was not sent.',
    details,
    cause,
  })
