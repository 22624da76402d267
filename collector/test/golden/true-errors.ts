import type { ErrorGroupRow } from '../../src/reports/error-group.js'
import type { Period } from '../../src/reports/report-store.js'
import { groupBy } from './true-sums.js'
import type { PlannedVisit } from './visit-plan.js'

export type TrueErrorGroup = Omit<ErrorGroupRow, 'fingerprint'>

/**
 * The error groups of a period by the time of the error, newest first; the message is that of the newest
 * error.
 */
export function groupErrors(visits: readonly PlannedVisit[], { from, to }: Period): TrueErrorGroup[] {
  const errors = visits.flatMap(({ visitorId, events }) =>
    events
      .filter(({ at, errorKind }) => errorKind !== undefined && at >= from && at < to)
      .map((event) => ({ visitorId, event })),
  )
  return [...groupBy(errors, ({ event }) => String(event.errorKind)).values()]
    .map((group) => {
      const byTime = group.map(({ event }) => event).toSorted((a, b) => a.at - b.at)
      const { properties, at } = byTime.at(-1)!
      return {
        message: String(properties['message']),
        type: String(properties['type']),
        occurrences: group.length,
        users: new Set(group.map(({ visitorId }) => visitorId)).size,
        firstSeen: byTime[0]!.at,
        lastSeen: at,
      }
    })
    .sort((a, b) => b.lastSeen - a.lastSeen)
}
