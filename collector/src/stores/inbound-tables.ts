import type { PlanName } from '../auth/plans.js'

/** Tables of what others tell, as the migrations leave them. Times are ms since the epoch. */
export interface InboundTables {
  billing_events: { id: string; taken_at: number }
  billing_customers: { id: string; account_id: string }
  billing_subscriptions: {
    id: string
    customer_id: string
    plan: PlanName | null
    live: number
    over: number
    told_at: number
  }
  site_status: { site_id: string; up: number; changed_at: number }
}
