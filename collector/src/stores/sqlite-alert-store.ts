import type { AlertStore } from './alert-store.js'
import type { ControlDatabase } from './control-tables.js'
import { createSqliteAlertNotices } from './sqlite-alert-notices.js'
import { createSqliteAlerts } from './sqlite-alerts.js'

/** Alerts, their state and their notices in the database of the control data. */
export function createSqliteAlertStore(db: ControlDatabase): AlertStore {
  return { ...createSqliteAlerts(db), ...createSqliteAlertNotices(db) }
}
