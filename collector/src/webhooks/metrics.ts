import type { Registry } from '../observability/registry.js'

const OUTCOMES = ['delivered', 'failed', 'cancelled', 'dropped'] as const
type Outcome = (typeof OUTCOMES)[number]

export interface DeliveryCounts {
  count(outcomes: Partial<Record<Outcome, number>>): void
}

interface QueueState {
  inFlight(): number
  backlog(): number
}

/** Creates the metric that counts webhook deliveries by outcome. */
export function createDeliveryCounts({ counter }: Registry): DeliveryCounts {
  const deliveries = counter('zenovay_webhook_deliveries_total', 'Webhook deliveries by outcome.')
  const cells = Object.fromEntries(
    OUTCOMES.map((outcome) => [outcome, deliveries.with({ outcome })]),
  ) as Record<Outcome, ReturnType<typeof deliveries.with>>
  return {
    count(outcomes) {
      for (const outcome of OUTCOMES) if (outcomes[outcome]) cells[outcome].add(outcomes[outcome])
    },
  }
}

/** Adds gauges for the number of attempts in flight and for the number of unfinished deliveries. */
export function addWebhookGauges({ gauge }: Registry, { inFlight, backlog }: QueueState): void {
  gauge({
    name: 'zenovay_webhook_attempts_in_flight',
    help: 'Delivery attempts in flight.',
    read: inFlight,
  })
  gauge({
    name: 'zenovay_webhook_backlog',
    help: 'Deliveries waiting or in flight, as of a few seconds ago.',
    read: backlog,
  })
}
