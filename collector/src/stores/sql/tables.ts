import type { Generated, Kysely } from 'kysely'
import type { NotificationEvent, NotificationState } from '../../alerts/alert-store.js'
import type { Comparison, DestinationType, Metric } from '../../alerts/alert.js'
import type { MailKind } from '../../alerts/recipients/limits.js'
import type { PlanName } from '../../control/accounts.js'
import type { ChangeEntry } from '../../control/change-log.js'
import type { ErrorGroupStatus } from '../../control/control-store.js'
import type { KeyScope } from '../../control/keys/api-key.js'
import type { CheckpointName } from '../../webhooks/events/checkpoints.js'
import type { LogKind } from '../../webhooks/webhook-store.js'

/**
 * Tables of the control store after all migrations. Times are Unix times in milliseconds. Booleans are stored
 * as 0 or 1.
 */
export interface ControlTables
  extends WebhookTables, GoalTables, AlertTables, RecipientTables, IntegrationTables, ChangeTables {
  accounts: { id: string; name: string; plan: PlanName; created_at: number }
  sites: {
    id: string
    account_id: string
    tracking_code: string
    domain: string
    name: string
    allowed_domains: string
    created_at: number
    time_zone: string
    retention_months: number
    /** Names of query parameters, as a JSON array. */
    search_parameters: string
  }
  api_keys: {
    id: string
    account_id: string
    hash: string
    name: string
    site_id: string | null
    created_at: number
    scope: KeyScope
  }
  key_uses: { key_id: string; last_used_at: number }
  /** Number of requests with any API key of an account since `began_at`. */
  account_minutes: { account_id: string; began_at: number; count: number }
  /** Number of requests with any API key of an account in a UTC month, which is formatted as `YYYY-MM`. */
  account_months: { account_id: string; month: string; count: number }
  error_groups: { site_id: string; fingerprint: string; status: ErrorGroupStatus; changed_at: number }
  removals: { site_id: string; removed_at: number }
}

export type ControlDatabase = Kysely<ControlTables>

interface AlertTables {
  alerts: {
    id: string
    site_id: string
    name: string
    metric: Metric
    comparison: Comparison
    threshold: number
    hysteresis: number
    window_minutes: number
    minimum_volume: number
    cool_down_minutes: number
    currency: string
    active: number
    /** The destinations of the alert, as a JSON array. */
    destinations: string
    created_at: number
    /** Number of times that the alert's fields were changed. */
    revision: number
    firing: number
    judged_to: number
    value: number | null
    fired_at: number | null
  }
  alert_notices: {
    id: Generated<number>
    alert_id: string
    /** Identifies the trigger, so that the same trigger is not queued twice. */
    key: string
    /** Index of the destination in the alert's list of destinations. */
    place: number
    type: DestinationType
    sealed: string | null
    event: NotificationEvent
    /** The data of the published event, or the sealed token of a confirmation, as JSON. */
    data: string
    at: number
    state: NotificationState
    /** Number of attempts that were started. */
    attempts: number
    /** Earliest start of the next attempt, or the expiry of the lease while an attempt is in flight. */
    due_at: number
    ended_at: number | null
    error: string | null
  }
}

interface RecipientTables {
  /** Email addresses that an account sends mail to. Addresses are stored as keyed hashes only. */
  recipients: {
    id: string
    account_id: string
    address: string
    confirmed_at: number | null
    unsubscribed_at: number | null
    /** Time of the latest confirmation mail, from which its link expires, or null if there was none. */
    asked_at: number | null
    /** Hash of the token in the latest confirmation mail. */
    token_hash: string | null
    token_used: number
  }
  /** One row per mail of the last day, for the limits of mail. */
  sent_mails: { account_id: string; mailbox: string; kind: MailKind; at: number }
}

interface ChangeTables {
  /**
   * The change log. It has no foreign keys because entries outlive the alert, goal or API key that was
   * changed.
   */
  change_log: {
    id: Generated<number>
    type: ChangeEntry['type']
    action: ChangeEntry['action']
    subject_id: string
    name: string
    account_id: string
    site_id: string | null
    at: number
    actor: string | null
    /** Names of the changed fields as a JSON array, or null if the entry is not an update. */
    fields: string | null
  }
}

interface GoalTables {
  /** Goals of sites. `rule` is a `GoalRule` as JSON. */
  goals: {
    id: string
    site_id: string
    name: string
    rule: string
    value: number | null
    created_at: number
    ruled_at: number
  }
  marks: { name: CheckpointName; at: number }
}

interface IntegrationTables {
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

/**
 * The state of a delivery. A `pending` delivery has had no attempt, a `waiting` delivery waits for its next
 * attempt, and an `in_flight` delivery is leased for an attempt. The other states are final.
 */
type DeliveryState = 'pending' | 'in_flight' | 'waiting' | 'done' | 'failed' | 'cancelled'

export interface WebhookTables {
  webhooks: {
    id: string
    account_id: string
    site_id: string | null
    url: string
    /** Names of the events that the webhook subscribes to, as a JSON array. */
    events: string
    description: string
    /** The sealed signing secret. */
    secret: string
    active: number
    disabled_reason: string | null
    failures_in_row: number
    /** Number of deliveries that are pending, waiting or in flight. */
    backlog: number
    created_at: number
    last_triggered_at: number | null
    /**
     * Time when the webhook was removed, or null. Its deliveries are deleted in steps, and this row is
     * deleted last.
     */
    removed_at: number | null
  }
  webhook_deliveries: {
    seq: Generated<number>
    webhook_id: string
    event_id: string
    event: string
    site_id: string
    /**
     * Timestamp in the request body. It is unique per webhook and event name, because receivers may drop the
     * second of two events with the same name and timestamp.
     */
    stamped_at: number
    body: string
    state: DeliveryState
    /** Number of attempts that were started. */
    attempts: number
    /** Earliest start of the next attempt, or the expiry of the lease while an attempt is in flight. */
    due_at: number
    queued_at: number
    ended_at: number | null
  }
  /** The log of webhooks. It has no foreign keys because entries outlive their webhook and site. */
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
