import type { Crossing } from '../../alerts/alert-store.js'
import type { Alert } from '../../alerts/alert.js'
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

export interface SiteStatus {
  siteId: string
  isUp: boolean
  /** When it changed, ms since the epoch; undefined when nobody said. */
  toldAt: number | undefined
}

/** What others tell the collector, kept so that a repeat changes nothing. Each method is one transaction. */
export interface InboundStore {
  /** Does what an event asks for, once, and remembers it at `now`; what it says is ignored where something newer is known. */
  takeBillingEvent(event: BillingEvent, now: number): Promise<BillingResult>
  /**
   * Keeps whether a site is up, and puts the notices of its active alerts on `uptime`, as `describe` tells them. Nothing changes when that is known
   * already, or something newer is; undefined when there is no such site.
   */
  setSiteStatus(
    status: SiteStatus,
    describe: (alert: Alert, at: number) => Crossing,
    now: number,
  ): Promise<{ hasChanged: boolean; crossings: number } | undefined>
  /** Forgets events that were remembered before a moment. */
  forgetBillingEvents(before: number): Promise<void>
}
