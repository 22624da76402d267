import type { PlanName } from '../accounts.js'

/** What a payment provider says of a subscription. */
export interface SubscriptionChange {
  kind: 'subscription'
  subscriptionId: string
  customerId: string
  /** Undefined when no price of it is one of ours. */
  plan: PlanName | undefined
  /** Whether it is paid for, or still may be. */
  isLive: boolean
  /** It has ended, for good. */
  isOver: boolean
}

/** A customer of the payment provider turned out to be one of our accounts. */
export interface CustomerLink {
  kind: 'customer'
  customerId: string
  accountId: string
}

export interface BillingEvent {
  /** The provider's: the same whenever it is told again. */
  id: string
  /** When the provider made it, ms since the epoch. */
  createdAt: number
  /** Undefined when it is about nothing that we keep. */
  change: SubscriptionChange | CustomerLink | undefined
}

/** `repeated`: known already; `unknown-account`: nobody has that id; `kept`: nothing followed, yet; else the account and its plan now. */
export type BillingResult =
  | { outcome: 'repeated' | 'unknown-account' | 'kept' }
  | { outcome: 'planned'; accountId: string; plan: PlanName }

/** Where plans that customers pay for live. A repeated event changes nothing; each method is one transaction. */
export interface BillingStore {
  /** Does what an event asks for, once, and remembers it at `now`; what it says is ignored where something newer is known. */
  takeBillingEvent(event: BillingEvent, now: number): Promise<BillingResult>
  /** Forgets events that were remembered before a moment. */
  forgetBillingEvents(before: number): Promise<void>
}
