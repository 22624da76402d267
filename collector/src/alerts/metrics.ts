import type { Registry } from '../observability/registry.js'
import { DESTINATION_TYPES, type DestinationType } from './alert.js'

/** How attempts to send a notice end; `retried` when another follows. */
const OUTCOMES = ['sent', 'retried', 'failed'] as const
type NotificationOutcomeName = (typeof OUTCOMES)[number]

export interface AlertCounts {
  crossed(crossings: number): void
  noticed(destination: DestinationType, outcome: NotificationOutcomeName): void
}

/** Counts crossings, each once however many collectors judge, and attempts to tell them. */
export function createAlertCounts({ counter }: Registry): AlertCounts {
  const crossings = counter(
    'zenovay_alert_crossings_total',
    'Crossings of alerts that are to be told.',
  ).with()
  const notices = counter(
    'zenovay_alert_notices_total',
    'Attempts to tell a crossing, by the kind of destination and how they ended.',
  )
  const cells = new Map(
    DESTINATION_TYPES.flatMap((destination) =>
      OUTCOMES.map(
        (outcome) => [`${destination} ${outcome}`, notices.with({ destination, outcome })] as const,
      ),
    ),
  )
  return {
    crossed: (count) => crossings.add(count),
    noticed: (destination, outcome) => cells.get(`${destination} ${outcome}`)!.add(),
  }
}
