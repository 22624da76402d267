import type { Kysely } from 'kysely'
import type { PlanName } from '../auth/plans.js'
import type { AlertTables } from './alert-tables.js'
import type { ChangeTables } from './change-tables.js'
import type { ErrorGroupStatus, KeyScope } from './control-store.js'
import type { GoalTables } from './goal-tables.js'
import type { InboundTables } from './inbound-tables.js'
import type { WebhookTables } from './webhook-tables.js'

/** The tables of the control data, as the migrations leave them. Times are ms since the epoch. */
export interface ControlTables extends WebhookTables, GoalTables, AlertTables, InboundTables, ChangeTables {
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
  key_usage: { key_id: string; minute_began_at: number; minute_count: number; last_used_at: number }
  /** `month` is `YYYY-MM`, UTC. */
  key_months: { key_id: string; month: string; count: number }
  error_groups: { site_id: string; fingerprint: string; status: ErrorGroupStatus; changed_at: number }
  removals: { site_id: string; removed_at: number }
}

export type ControlDatabase = Kysely<ControlTables>
