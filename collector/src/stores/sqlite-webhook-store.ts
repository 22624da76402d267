import type { ControlDatabase } from './control-tables.js'
import { createSqliteOutbox } from './sqlite-outbox.js'
import { createSqliteReplay } from './sqlite-replay.js'
import { createSqliteWebhookLog } from './sqlite-webhook-log.js'
import { createSqliteWebhooks } from './sqlite-webhooks.js'
import type { WebhookStore } from './webhook-store.js'

/** Webhooks, deliveries and their log in the database of the control data. */
export function createSqliteWebhookStore(db: ControlDatabase): WebhookStore {
  return { ...createSqliteWebhooks(db), ...createSqliteWebhookLog(db), ...createSqliteOutbox(db), ...createSqliteReplay(db) }
}
