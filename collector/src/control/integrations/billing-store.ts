import type { PlanName } from '../accounts.js'

/** The state of a subscription, from the payment provider. */
export interface SubscriptionChange {
  kind: 'subscription'
  subscriptionId: string
  customerId: string
  /** Undefined when no price of the subscription is configured. */
  plan: PlanName | undefined
  /** Whether the subscription is paid or its payment is being retried. */
  isLive: boolean
  /** Whether the subscription ended and cannot be resumed. */
  isOver: boolean
}

/** Links a customer of the payment provider to an account. */
export interface CustomerLink {
  kind: 'customer'
  customerId: string
  accountId: string
}

export interface BillingEvent {
  /** The ID from the provider, which is the same on every retry. */
  id: string
  /** The time of the event by the clock of the provider, ms since the epoch. */
  createdAt: number
  /** The change; undefined for events that change nothing here. */
  change: SubscriptionChange | CustomerLink | undefined
}

/**
 * The result of an event. `repeated`: it was already processed; `unknown-account`: there is no such account;
 * `kept`: it was stored, with no change of a plan; `planned`: the account has the plan.
 */
export type BillingResult =
  | { outcome: 'repeated' | 'unknown-account' | 'kept' }
  | { outcome: 'planned'; accountId: string; plan: PlanName }

/** Stores subscriptions and their plans. Each method is one transaction. */
export interface BillingStore {
  /** Applies an event once and records it at `now`. Older information than the stored one is ignored. */
  applyBillingEvent(event: BillingEvent, now: number): Promise<BillingResult>
  /** Purges records of events from before a moment. */
  purgeBillingEvents(before: number): Promise<void>
}
