import type { Registry } from '../observability/registry.js'
import { DESTINATION_TYPES, type DestinationType } from './alert.js'

/**
 * Outcome of an attempt to send a notification. `retried` means that another attempt follows, and `not_sent`
 * that the address has not confirmed, unsubscribed, or is above a limit.
 */
const OUTCOMES = ['sent', 'retried', 'failed', 'not_sent'] as const
type AttemptOutcome = (typeof OUTCOMES)[number]

export interface AlertCounts {
  triggered(count: number): void
  attempted(destination: DestinationType, outcome: AttemptOutcome): void
}

/**
 * Creates counters for alert triggers and for attempts to send notifications. A trigger is counted once, even
 * if several collectors evaluate the alert.
 */
export function createAlertCounts({ counter }: Registry): AlertCounts {
  const triggers = counter(
    'zenovay_alert_crossings_total',
    'Alert triggers that notify a destination.',
  ).with()
  const attempts = counter(
    'zenovay_alert_notices_total',
    'Attempts to send an alert notification, by type of destination and outcome.',
  )
  const cells = new Map(
    DESTINATION_TYPES.flatMap((destination) =>
      OUTCOMES.map(
        (outcome) => [`${destination} ${outcome}`, attempts.with({ destination, outcome })] as const,
      ),
    ),
  )
  return {
    triggered: (count) => triggers.add(count),
    attempted: (destination, outcome) => cells.get(`${destination} ${outcome}`)!.add(),
  }
}
