import { propertiesToJson } from '../../src/ingest/enrich/to-event-row.js'
import type { EventRow } from '../../src/ingest/event-row.js'
import { EMPTY_ROW } from '../support/make-row.js'
import type { PlannedVisit } from './visit-plan.js'

/** The ID of the engagement event of a pageview. */
export const engagementIdOf = (id: string) => `${id}-engagement`

/**
 * The rows of a visit as the collector would have stored them. `delay` is the time between an event and its
 * receipt, in ms.
 */
export function toEventRows(
  { visitorId, sessionId, events }: PlannedVisit,
  siteId: string,
  delay: number,
): EventRow[] {
  return events.flatMap(
    ({ id, at, type, name, origin, path, title, properties, isInteractive, arrival, client, engagement }) => {
      const row = {
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
      }
      if (!engagement) return [row]
      const captured = { view: id, engaged_ms: engagement.engagedMs, scroll: engagement.scroll }
      return [
        row,
        {
          ...row,
          received_at: engagement.at + delay,
          occurred_at: engagement.at,
          event_id: engagementIdOf(id),
          event_type: 'engagement',
          properties: propertiesToJson(captured),
        },
      ]
    },
  )
}
