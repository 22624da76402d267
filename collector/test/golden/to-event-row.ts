import { propertiesToJson } from '../../src/ingest/enrich/to-event-row.js'
import type { EventRow } from '../../src/ingest/event-row.js'
import { EMPTY_ROW } from '../support/make-row.js'
import type { PlannedVisit } from './visit-plan.js'

/**
 * The rows of a visit as the collector would have stored them. `delay` is the time between an event and its
 * receipt, in ms.
 */
export function toEventRows(
  { visitorId, sessionId, events }: PlannedVisit,
  siteId: string,
  delay: number,
): EventRow[] {
  return events.map(
    ({ id, at, type, name, origin, path, title, properties, isInteractive, arrival, client }) => ({
      ...EMPTY_ROW,
      site_id: siteId,
      received_at: at + delay,
      occurred_at: at,
      event_id: id,
      event_type: type,
      event_name: name,
      visitor_id: visitorId,
      session_id: sessionId,
      origin,
      path,
      title,
      language: 'en',
      screen: '1280x800',
      timezone: 'Europe/Zurich',
      properties: propertiesToJson(properties),
      interactive: isInteractive,
      ...client,
      ...arrival,
    }),
  )
}
