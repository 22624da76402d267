import { nameCountry } from '../../reports/name-country.js'
import type { VisitorRow } from '../../stores/report-store.js'
import type { WebhookEvent } from '../webhook-event.js'

/** A visitor with this value score, and more, is one of high value. */
export const HIGH_VALUE_SCORE = 70

/**
 * A visitor of high value: told once for each day (UTC) on which such a visit of theirs begins. A visit over midnight stays one, and
 * whoever comes back on the next day is told again.
 */
export function describeHighValueVisitor(
  siteId: string,
  { id: visitorId, country, valueScore, landingPage, visitedAt, lastSeen }: VisitorRow,
): WebhookEvent {
  const timestamp = new Date(visitedAt).toISOString()
  return {
    key: `${visitorId} ${timestamp.slice(0, 10)}`,
    name: 'high_value_visitor',
    siteId,
    at: lastSeen,
    data: {
      siteId,
      visitorId,
      country: (nameCountry(country) ?? country) || 'Unknown',
      valueScore,
      landingPage: landingPage || '/',
      timestamp,
    },
  }
}
