import type { AlertStore } from './alert-store.js'
import type { ChangeLog } from './change-log.js'
import type { ControlStore } from './control-store.js'
import type { DeliveryStore } from './delivery-store.js'
import type { GoalStore } from './goal-store.js'
import { guardControlStore } from './guard-control-store.js'
import type { InboundStore } from './inbound-store.js'
import type { MarkStore } from './mark-store.js'
import { openControlDatabase } from './open-control-database.js'
import { createSqliteAlertStore } from './sqlite-alert-store.js'
import { createSqliteChangeLog } from './sqlite-change-log.js'
import { createSqliteControlStore } from './sqlite-control-store.js'
import { createSqliteGoals } from './sqlite-goals.js'
import { createSqliteMarks } from './sqlite-marks.js'
import { createSqliteInbound } from './sqlite-inbound.js'
import { createSqliteWebhookStore } from './sqlite-webhook-store.js'
import type { WebhookStore } from './webhook-store.js'

/** The stores of the control data, one for each concern, over one file. */
export interface ControlStores {
  /** Closes them all. */
  control: ControlStore
  webhooks: WebhookStore & DeliveryStore
  goals: GoalStore
  marks: MarkStore
  alerts: AlertStore
  inbound: InboundStore
  changes: ChangeLog
}

/** Opens what the collector knows beside events. Rejects with a `StartError`; their methods with `STORE_UNAVAILABLE` when the file cannot be used. */
export async function openControlStores(file: string): Promise<ControlStores> {
  const db = await openControlDatabase(file)
  return {
    control: guardControlStore(createSqliteControlStore(db)),
    webhooks: guardControlStore(createSqliteWebhookStore(db)),
    goals: guardControlStore(createSqliteGoals(db)),
    marks: guardControlStore(createSqliteMarks(db)),
    alerts: guardControlStore(createSqliteAlertStore(db)),
    inbound: guardControlStore(createSqliteInbound(db)),
    changes: guardControlStore(createSqliteChangeLog(db)),
  }
}
