import { chmodSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { Kysely, SqliteDialect } from 'kysely'
import Database from 'libsql'
import type { AlertStore, SiteStatusStore } from '../../alerts/alert-store.js'
import type { Config } from '../../config.js'
import type { ChangeLog } from '../../control/change-log.js'
import type { ControlStore } from '../../control/control-store.js'
import type { GoalStore } from '../../control/goals/goal-store.js'
import type { BillingStore } from '../../control/integrations/billing-store.js'
import { describeError, StartError } from '../../errors.js'
import type { CheckpointStore } from '../../webhooks/events/checkpoints.js'
import type { DeliveryStore, WebhookStore } from '../../webhooks/webhook-store.js'
import { createSqliteAlertStore } from './alerts.js'
import { createSqliteChangeLog } from './changes.js'
import { createSqliteCheckpoints } from './checkpoints.js'
import { createSqliteGoals } from './goals.js'
import { guardControlStore } from './guard.js'
import { createSqliteIntegrations } from './integrations.js'
import { CONTROL_MIGRATIONS, migrateControl } from './migrations/index.js'
import { createSqliteControlStore } from './sites-and-accounts.js'
import type { ControlDatabase, ControlTables } from './tables.js'
import { createSqliteWebhookStore } from './webhooks.js'

/** Opens the control data alone, as the command line does. */
export async function openControlStore(config: Config): Promise<ControlStore> {
  return (await openStores(config)).control
}

/** Opens all stores of the control data, in a data folder that is made when needed. */
export async function openStores(config: Config): Promise<ControlStores> {
  try {
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StartError(
      `The data folder ${config.dataDir} cannot be made: ${describeError(error)}. Set DATA_DIR to a folder this user may write.`,
    )
  }
  return openControlStores(config.controlFile)
}

/** The stores of the control data, one for each concern, over one file. */
export interface ControlStores {
  /** Closes them all. */
  control: ControlStore
  webhooks: WebhookStore & DeliveryStore
  goals: GoalStore
  checkpoints: CheckpointStore
  alerts: AlertStore
  integrations: BillingStore & SiteStatusStore
  changes: ChangeLog
}

/** Opens what the collector knows beside events. Rejects with a `StartError`; their methods with `STORE_UNAVAILABLE` when the file cannot be used. */
export async function openControlStores(file: string): Promise<ControlStores> {
  const db = await openControlDatabase(file)
  return {
    control: guardControlStore(createSqliteControlStore(db)),
    webhooks: guardControlStore(createSqliteWebhookStore(db)),
    goals: guardControlStore(createSqliteGoals(db)),
    checkpoints: guardControlStore(createSqliteCheckpoints(db)),
    alerts: guardControlStore(createSqliteAlertStore(db)),
    integrations: guardControlStore(createSqliteIntegrations(db)),
    changes: guardControlStore(createSqliteChangeLog(db)),
  }
}

const BUSY_TIMEOUT_MS = 5_000

/**
 * Opens the one SQLite file of the control data, created and migrated when needed. Rejects with a {@link StartError} when it cannot be opened.
 *
 * The stores of a process share what this gives: a second connection would have to wait for the first one's transaction, and SQLite waits with the whole process.
 */
export async function openControlDatabase(file: string): Promise<ControlDatabase> {
  const db = openDatabase(file)
  await migrateControl(db, CONTROL_MIGRATIONS).catch((error: unknown) => {
    throw new StartError(
      `The control data in ${file} could not be brought to this version: ${describeError(error)}. Restore it from a backup, or move it away to begin anew.`,
    )
  })
  return db
}

function openDatabase(file: string): ControlDatabase {
  try {
    const database = new Database(file)
    chmodSync(file, 0o600)
    // A second process (the command line) may write while the collector runs; what is deleted is overwritten.
    for (const pragma of [
      `busy_timeout = ${BUSY_TIMEOUT_MS}`,
      'journal_mode = WAL',
      'synchronous = FULL',
      'foreign_keys = ON',
      'secure_delete = ON',
    ])
      database.pragma(pragma)
    return new Kysely<ControlTables>({ dialect: new SqliteDialect({ database }) })
  } catch (error) {
    throw new StartError(
      `The control data cannot be opened at ${file}: ${describeError(error)}. Check that DATA_DIR is writable and its disk has room.`,
    )
  }
}
