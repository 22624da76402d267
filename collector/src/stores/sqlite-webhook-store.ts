import type { ControlDatabase } from './control-tables.js'
import type { DeliveryStore } from './delivery-store.js'
import { createSqliteForget } from './sqlite-forget.js'
import { createSqliteDeliveries } from './sqlite-deliveries.js'
import { createSqliteOutbox } from './sqlite-outbox.js'
import { createSqliteReplay } from './sqlite-replay.js'
import { createSqliteTidy } from './sqlite-tidy.js'
import { createSqliteWebhookLog } from './sqlite-webhook-log.js'
import { createSqliteWebhooks } from './sqlite-webhooks.js'
import type { WebhookStore } from './webhook-store.js'

/** Webhooks, deliveries and their log in the database of the control data. */
export function createSqliteWebhookStore(db: ControlDatabase): WebhookStore & DeliveryStore {
  return {
    ...createSqliteWebhooks(db),
    ...createSqliteWebhookLog(db),
    ...createSqliteOutbox(db),
    ...createSqliteReplay(db),
    ...createSqliteDeliveries(db),
    ...createSqliteTidy(db),
    ...createSqliteForget(db),
  }
}
