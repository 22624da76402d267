import type { Generated } from 'kysely'
import type { LogKind } from './webhook-store.js'

/** `pending`: not tried yet; `waiting` for its next attempt; `in_flight` under a lease. The others are final. */
export type DeliveryState = 'pending' | 'in_flight' | 'waiting' | 'done' | 'failed' | 'cancelled'

/** Tables of the webhooks, as the migrations leave them. Times are ms since the epoch. */
export interface WebhookTables {
  webhooks: {
    id: string
    account_id: string
    site_id: string | null
    url: string
    /** A JSON array. */
    events: string
    description: string
    /** Sealed. */
    secret: string
    active: number
    disabled_reason: string | null
    failures_in_row: number
    /** Deliveries that are not final. */
    backlog: number
    created_at: number
    last_triggered_at: number | null
    /** Its rows are deleted bit by bit, and this one last. */
    removed_at: number | null
  }
  webhook_deliveries: {
    seq: Generated<number>
    webhook_id: string
    event_id: string
    event: string
    site_id: string
    /** The timestamp in the body: no two events of one name have the same, because receivers drop the second. */
    stamped_at: number
    body: string
    state: DeliveryState
    /** Attempts that were started. */
    attempts: number
    /** When the next attempt may start; of one in flight, when its lease ends. */
    due_at: number
    queued_at: number
    ended_at: number | null
  }
  /** No reference to webhooks or sites: what was done stays known. */
  webhook_log: {
    id: Generated<number>
    kind: LogKind
    webhook_id: string
    account_id: string
    site_id: string | null
    at: number
    actor: string | null
    event_id: string | null
    event: string | null
    attempt: number | null
    status: number | null
    error: string | null
    duration_ms: number | null
    answer: string | null
    note: string | null
    count: number | null
  }
}
