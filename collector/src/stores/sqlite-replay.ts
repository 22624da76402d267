import { sql } from 'kysely'
import type { ControlDatabase } from './control-tables.js'
import { runExclusively } from './run-exclusively.js'
import { logChange } from './sqlite-webhook-log.js'
import { findWebhook } from './sqlite-webhooks.js'
import { MAX_BACKLOG, type WebhookStore } from './webhook-store.js'

/** Queues deliveries again that came to an end: the same event id, another first attempt. As many as the backlog has room for, oldest first. */
export function createSqliteReplay(db: ControlDatabase): Pick<WebhookStore, 'replay'> {
  return {
    replay: (id, choice, change) =>
      runExclusively(db, async (connection) => {
        const webhook = await findWebhook(connection, id)
        if (!webhook) return undefined
        const chosen = connection
          .selectFrom('webhook_deliveries')
          .select('seq')
          .where('webhook_id', '=', id)
          .where('ended_at', 'is not', null)
          .$if('eventId' in choice, (query) => query.where('event_id', '=', (choice as { eventId: string }).eventId))
          .$if('failedSince' in choice, (query) => query.where('ended_at', '>=', (choice as { failedSince: number }).failedSince).where('state', 'in', ['failed', 'cancelled']))
          .orderBy('ended_at')
          .limit(Math.max(0, MAX_BACKLOG - webhook.backlog))
        const { numUpdatedRows } = await connection
          .updateTable('webhook_deliveries')
          .set({ state: 'pending', attempts: 0, due_at: change.at, queued_at: change.at, ended_at: null })
          .where('seq', 'in', chosen)
          .executeTakeFirstOrThrow()
        const count = Number(numUpdatedRows)
        await connection.updateTable('webhooks').set({ backlog: sql`backlog + ${count}` }).where('id', '=', id).execute()
        await logChange(connection, webhook, { kind: 'replayed', note: 'eventId' in choice ? choice.eventId : `failed since ${new Date(choice.failedSince).toISOString()}`, count, ...change })
        return count
      }),
  }
}
