import { PLAN_NAMES, isPlanName, type PlanName } from '../auth/plans.js'
import type { PricePlans } from './read-stripe-event.js'

export interface StripeSettings {
  /** Signing secret of the endpoint, `whsec_…`. */
  secret: string
  prices: PricePlans
}

const PRICE = /^\w{1,255}$/

/** Reads `STRIPE_WEBHOOK_SECRET` and `STRIPE_PRICES`; undefined without both. What is wrong goes to `faults`, without the secret. */
export function readStripeSettings(
  secret: string | undefined,
  prices: string | undefined,
  faults: string[],
): StripeSettings | undefined {
  if (!secret && !prices) return undefined
  if (!secret || !/^whsec_[\x21-\x7e]{16,}$/.test(secret))
    faults.push(
      'STRIPE_WEBHOOK_SECRET is not the signing secret of an endpoint, copy the text that begins with whsec_',
    )
  const plans = new Map<string, PlanName>()
  for (const entry of (prices ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter(Boolean)) {
    const [price = '', plan = '', ...rest] = entry.split(':')
    if (PRICE.test(price) && isPlanName(plan) && rest.length === 0 && !plans.has(price))
      plans.set(price, plan)
    else
      faults.push(
        `STRIPE_PRICES holds "${entry}", write each price once with one of ${PLAN_NAMES.join(', ')}, such as price_123:pro,price_456:scale`,
      )
  }
  if (plans.size === 0 && !prices)
    faults.push(
      'STRIPE_PRICES is missing, write the plan of every price, such as price_123:pro,price_456:scale',
    )
  return secret ? { secret, prices: plans } : undefined
}
