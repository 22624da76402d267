import type { PlanName } from '../accounts.js'

/** The state of a subscription, as the payment provider reports it. */
export interface SubscriptionChange {
  kind: 'subscription'
  subscriptionId: string
  customerId: string
  /** Plan of the subscription, or undefined if the configuration maps none of its prices to a plan. */
  plan: PlanName | undefined
  /** Whether the subscription is paid, in a trial, or its payment is being retried. */
  isLive: boolean
  /** Whether the subscription has ended and cannot be resumed. */
  isOver: boolean
}

/** Links a customer of the payment provider to an account. */
export interface CustomerLink {
  kind: 'customer'
  customerId: string
  accountId: string
}

export interface BillingEvent {
  /** Event ID from the payment provider, which is the same for every retry. */
  id: string
  /** Unix time in milliseconds when the event was created, by the clock of the payment provider. */
  createdAt: number
  /** The change to apply, or undefined if the event does not affect subscriptions or customers. */
  change: SubscriptionChange | CustomerLink | undefined
}

/**
 * The result of applying an event: `repeated` if the event was already processed, `unknown-account` if its
 * account does not exist or is the default account, `kept` if no plan was changed, and `planned` if the
 * account now has `plan`.
 */
export type BillingResult =
  | { outcome: 'repeated' | 'unknown-account' | 'kept' }
  | { outcome: 'planned'; accountId: string; plan: PlanName }

/**
 * Stores paid subscriptions, and the plans of accounts that depend on them. Each method runs in one
 * transaction.
 */
export interface BillingStore {
  /**
   * Applies an event once, and records its ID at `now` to recognise a retry. Ignores a subscription event
   * that is older than the stored state, unless the event ends the subscription.
   */
  applyBillingEvent(event: BillingEvent, now: number): Promise<BillingResult>
  /** Purges the records of events that were applied before the given Unix time in milliseconds. */
  purgeBillingEvents(before: number): Promise<void>
}
