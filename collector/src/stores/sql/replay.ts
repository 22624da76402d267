import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { sql } from 'kysely'
import type { ReplayChoice, WebhookStore } from '../../webhooks/webhook-store.js'
import { MAX_BACKLOG } from '../../webhooks/webhook.js'
import { logChange } from './delivery-log.js'
import type { ControlDatabase } from './tables.js'
import { runExclusively } from './dialect.js'
import { findWebhook } from './webhooks.js'

// Maximum number of rows per transaction. SQLite blocks the process during the transaction.
const ROWS_AT_ONCE = 1_000

/**
 * Creates the replay, which queues ended deliveries again with the same event ID. The oldest deliveries are
 * queued first, until the backlog limit is reached.
 */
export function createReplay(db: ControlDatabase): Pick<WebhookStore, 'replay'> {
  /**
   * Queues up to {@link ROWS_AT_ONCE} deliveries again. Resolves to undefined if the webhook does not exist.
   */
  const requeue = (id: string, choice: ReplayChoice, dueAt: number) =>
    runExclusively(db, async (connection) => {
      const webhook = await findWebhook(connection, id)
      if (!webhook) return undefined
      const limit = Math.max(0, Math.min(ROWS_AT_ONCE, MAX_BACKLOG - webhook.backlog))
      const chosen =
        'eventId' in choice
          ? sql`SELECT seq FROM webhook_deliveries WHERE webhook_id = ${id} AND event_id = ${choice.eventId} AND ended_at IS NOT NULL LIMIT ${limit}`
          : sql`SELECT seq FROM webhook_deliveries WHERE webhook_id = ${id} AND ended_at >= ${choice.failedSince} AND state IN ('failed', 'cancelled') ORDER BY ended_at LIMIT ${limit}`
      const { numAffectedRows } = await sql`
        UPDATE webhook_deliveries SET state = 'pending', attempts = 0, due_at = ${dueAt}, queued_at = ${dueAt}, ended_at = NULL WHERE seq IN (${chosen})
      `.execute(connection)
      const count = Number(numAffectedRows)
      await connection
        .updateTable('webhooks')
        .set({ backlog: sql`backlog + ${count}` })
        .where('id', '=', id)
        .execute()
      return count
    })

  return {
    async replay(id, choice, { dueAt, ...change }) {
      let count = 0
      for (;;) {
        const requeued = await requeue(id, choice, dueAt)
        if (requeued === undefined) return undefined
        count += requeued
        if (requeued < ROWS_AT_ONCE) break
        await yieldToOthers()
      }
      const webhook = await findWebhook(db, id)
      const note =
        'eventId' in choice ? choice.eventId : `failed since ${new Date(choice.failedSince).toISOString()}`
      if (webhook) await logChange(db, webhook, { kind: 'replayed', note, count, ...change })
      return count
    },
  }
}
