import type { Generated } from 'kysely'
import type { Comparison, DestinationType, Metric } from '../alerts/alert.js'
import type { NoticeState } from './alert-store.js'

/** Tables of the alerts, as the migrations leave them. Times are ms since the epoch. */
export interface AlertTables {
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
    /** A JSON array. */
    destinations: string
    created_at: number
    /** Grows with every change that its owner makes. */
    revision: number
    firing: number
    judged_to: number
    value: number | null
    fired_at: number | null
  }
  alert_notices: {
    id: Generated<number>
    alert_id: string
    /** Of the crossing: the same whenever it is told again. */
    key: string
    /** Of the destination in the alert's list. */
    place: number
    type: DestinationType
    sealed: string | null
    event: 'alert' | 'traffic_spike'
    /** JSON. */
    data: string
    at: number
    state: NoticeState
    /** Attempts that were started. */
    attempts: number
    /** When the next attempt may start; of one in flight, when its lease ends. */
    due_at: number
    ended_at: number | null
    error: string | null
  }
}
