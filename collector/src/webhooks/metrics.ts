import type { Registry } from '../observability/registry.js'

/** What becomes of deliveries in the end. */
const OUTCOMES = ['delivered', 'failed', 'cancelled', 'dropped'] as const
type Outcome = (typeof OUTCOMES)[number]

export interface DeliveryCounts {
  count(outcomes: Partial<Record<Outcome, number>>): void
}

interface WatchedWebhooks {
  inFlight(): number
  backlog(): number
}

/** Counts deliveries by what became of them. */
export function createDeliveryCounts({ counter }: Registry): DeliveryCounts {
  const deliveries = counter(
    'zenovay_webhook_deliveries_total',
    'Deliveries of webhooks by what became of them.',
  )
  const cells = Object.fromEntries(
    OUTCOMES.map((outcome) => [outcome, deliveries.with({ outcome })]),
  ) as Record<Outcome, ReturnType<typeof deliveries.with>>
  return {
    count(outcomes) {
      for (const outcome of OUTCOMES) if (outcomes[outcome]) cells[outcome].add(outcomes[outcome])
    },
  }
}

/** What waits and what is under way. */
export function addWebhookGauges({ gauge }: Registry, { inFlight, backlog }: WatchedWebhooks): void {
  gauge({
    name: 'zenovay_webhook_attempts_in_flight',
    help: 'Attempts of deliveries under way.',
    read: inFlight,
  })
  gauge({
    name: 'zenovay_webhook_backlog',
    help: 'Deliveries that wait or are under way, as of a few seconds ago.',
    read: backlog,
  })
}
