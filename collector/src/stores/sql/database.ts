import { mkdir } from 'node:fs/promises'
import { Kysely } from 'kysely'
import type { AlertStore, SiteStatusStore } from '../../alerts/alert-store.js'
import type { RecipientStore } from '../../alerts/recipients/recipient-store.js'
import type { Config } from '../../config.js'
import type { ChangeLog } from '../../control/change-log.js'
import type { ControlStore } from '../../control/control-store.js'
import type { GoalStore } from '../../control/goals/goal-store.js'
import type { BillingStore } from '../../control/integrations/billing-store.js'
import { describeError, StartError } from '../../errors.js'
import type { CheckpointStore } from '../../webhooks/events/checkpoints.js'
import type { DeliveryStore, WebhookStore } from '../../webhooks/webhook-store.js'
import { createAlertStore } from './alerts.js'
import { createChangeLog } from './changes.js'
import { createCheckpointStore } from './checkpoints.js'
import { createDeliveryStore } from './deliveries.js'
import { createWebhookLog } from './delivery-log.js'
import { openDialect } from './dialect.js'
import { createGoalStore } from './goals.js'
import { mapStoreErrors } from './store-errors.js'
import { createIntegrationStore } from './integrations.js'
import { CONTROL_MIGRATIONS, migrateControl } from './migrations/index.js'
import { createOutboxStore } from './outbox.js'
import { createErase, createPurge } from './purge.js'
import { createRecipientStore } from './recipients.js'
import { createReplay } from './replay.js'
import { createControlStore } from './sites-and-accounts.js'
import type { ControlDatabase, ControlTables } from './tables.js'
import { createWebhookRecords } from './webhooks.js'

/** Opens all stores and returns only the control store, for the command line. */
export async function openControlStore(config: Config): Promise<ControlStore> {
  return (await openStores(config)).control
}

/** Opens all control data stores. Creates the data folder if it does not exist. */
export async function openStores(config: Config): Promise<ControlStores> {
  try {
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StartError(
      `Cannot create the data folder ${config.dataDir}: ${describeError(error)}. Set DATA_DIR to a folder that this user can write to.`,
    )
  }
  return openControlStores(config.controlFile)
}

/** All control data stores. They share one SQLite file. */
export interface ControlStores {
  /** Closing this store closes all the other stores. */
  control: ControlStore
  webhooks: WebhookStore & DeliveryStore
  goals: GoalStore
  checkpoints: CheckpointStore
  alerts: AlertStore
  recipients: RecipientStore
  integrations: BillingStore & SiteStatusStore
  changes: ChangeLog
}

/**
 * Opens the SQLite file that contains all data except events, and creates or migrates the file if necessary.
 * Rejects with a {@link StartError} if the file cannot be opened or migrated. The methods of the stores
 * reject with `STORE_UNAVAILABLE` if the file cannot be used.
 *
 * All stores in a process share one connection, because a second connection would wait for the transactions
 * of the first, and SQLite blocks the process while it waits.
 */
export async function openControlStores(file: string): Promise<ControlStores> {
  const db = openDatabase(file)
  await migrateControl(db, CONTROL_MIGRATIONS).catch((error: unknown) => {
    throw new StartError(
      `The control data in ${file} could not be migrated to this version: ${describeError(error)}. Restore it from a backup, or move it away to start without control data.`,
    )
  })
  return {
    control: mapStoreErrors(createControlStore(db)),
    webhooks: mapStoreErrors(createWebhookStore(db)),
    goals: mapStoreErrors(createGoalStore(db)),
    checkpoints: mapStoreErrors(createCheckpointStore(db)),
    alerts: mapStoreErrors(createAlertStore(db)),
    recipients: mapStoreErrors(createRecipientStore(db)),
    integrations: mapStoreErrors(createIntegrationStore(db)),
    changes: mapStoreErrors(createChangeLog(db)),
  }
}

function openDatabase(file: string): ControlDatabase {
  try {
    return new Kysely<ControlTables>({ dialect: openDialect(file) })
  } catch (error) {
    throw new StartError(
      `The control data cannot be opened at ${file}: ${describeError(error)}. Check that DATA_DIR is writable and its disk has room.`,
    )
  }
}

function createWebhookStore(db: ControlDatabase): WebhookStore & DeliveryStore {
  return {
    ...createWebhookRecords(db),
    ...createWebhookLog(db),
    ...createOutboxStore(db),
    ...createReplay(db),
    ...createDeliveryStore(db),
    ...createPurge(db),
    ...createErase(db),
  }
}
