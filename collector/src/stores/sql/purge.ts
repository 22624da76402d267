import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { sql } from 'kysely'
import { DAY_MS } from '../../durations.js'
import type { DeliveryStore } from '../../webhooks/webhook-store.js'
import { logDropped } from './delivery-log.js'
import type { ControlDatabase } from './tables.js'
import { listOf, runExclusively, runUnsynced, truncateJournal } from './dialect.js'

// Maximum number of rows that one step deletes. SQLite overwrites deleted rows, which blocks the process for
// about ten milliseconds per step.
const PURGED_ROWS_AT_ONCE = 500
/** Retention of log entries and of deliveries that have ended. */
const KEEP_MS = 30 * DAY_MS
/** Time after which a delivery is cancelled if its due attempt has not started. */
const MAX_WAIT_MS = DAY_MS

/** Creates the purge, which deletes a limited number of expired rows per call. */
export function createPurge(db: ControlDatabase): Pick<DeliveryStore, 'purge'> {
  return {
    purge: ({ now, wallNow }) =>
      runUnsynced(db, async (connection) => {
        const dropped = await cancelExpired(connection, now, wallNow)
        const deleted = [
          await deleteLog(connection, 'webhook_log', wallNow - KEEP_MS),
          await deleteLog(connection, 'change_log', wallNow - KEEP_MS),
          await deleteEnded(connection, wallNow - KEEP_MS),
          await deleteRemoved(connection),
        ]
        return { isDone: Math.max(dropped, ...deleted) < PURGED_ROWS_AT_ONCE, dropped }
      }),
  }
}

/**
 * Cancels deliveries that have waited too long, including the deliveries of disabled webhooks. Cancelled
 * deliveries can be replayed. Resolves to the number of cancelled deliveries.
 */
async function cancelExpired(connection: ControlDatabase, now: number, wallNow: number): Promise<number> {
  const { rows } = await sql<{ seq: number; webhookId: string }>`
    SELECT d.seq, d.webhook_id AS webhookId FROM webhooks AS w CROSS JOIN webhook_deliveries AS d ON d.webhook_id = w.id
    WHERE w.backlog > 0 AND w.removed_at IS NULL AND d.state IN ('pending', 'waiting') AND d.ended_at IS NULL AND d.due_at < ${now - MAX_WAIT_MS} LIMIT ${PURGED_ROWS_AT_ONCE}
  `.execute(connection)
  if (rows.length === 0) return 0
  await sql`UPDATE webhook_deliveries SET state = 'cancelled', ended_at = ${wallNow} WHERE seq IN ${listOf(rows.map(({ seq }) => seq))}`.execute(
    connection,
  )
  for (const id of new Set(rows.map(({ webhookId }) => webhookId))) {
    const count = rows.filter(({ webhookId }) => webhookId === id).length
    const webhook = await connection
      .updateTable('webhooks')
      .set({ backlog: sql`backlog - ${count}` })
      .where('id', '=', id)
      .returning(['account_id', 'site_id'])
      .executeTakeFirstOrThrow()
    await logDropped(
      connection,
      { id, accountId: webhook.account_id, siteId: webhook.site_id },
      { note: 'waited for 24 hours', count, at: wallNow },
    )
  }
  return rows.length
}

async function deleteLog(
  connection: ControlDatabase,
  log: 'webhook_log' | 'change_log',
  before: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM ${sql.table(log)} WHERE at < ${before} AND id IN (SELECT id FROM ${sql.table(log)} ORDER BY id LIMIT ${PURGED_ROWS_AT_ONCE})
  `.execute(connection)
  return Number(numAffectedRows)
}

async function deleteEnded(connection: ControlDatabase, before: number): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM webhook_deliveries WHERE seq IN (
      SELECT d.seq FROM webhooks AS w CROSS JOIN webhook_deliveries AS d ON d.webhook_id = w.id AND d.ended_at < ${before} LIMIT ${PURGED_ROWS_AT_ONCE}
    )
  `.execute(connection)
  return Number(numAffectedRows)
}

/** Deletes the deliveries of removed webhooks, and then the removed webhooks that have no deliveries left. */
async function deleteRemoved(connection: ControlDatabase): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM webhook_deliveries WHERE seq IN (
      SELECT d.seq FROM webhooks AS w CROSS JOIN webhook_deliveries AS d ON d.webhook_id = w.id WHERE w.removed_at IS NOT NULL LIMIT ${PURGED_ROWS_AT_ONCE}
    )
  `.execute(connection)
  const rows = Number(numAffectedRows)
  if (rows < PURGED_ROWS_AT_ONCE)
    await sql`DELETE FROM webhooks WHERE removed_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM webhook_deliveries AS d WHERE d.webhook_id = webhooks.id)`.execute(
      connection,
    )
  return rows
}

// Maximum number of rows that one step reads. Delivery bodies have no index, so a search must read every row.
const SEARCHED_ROWS_AT_ONCE = 1_000

/**
 * Creates the function that erases the data of sites, or of one visitor, from deliveries and from logged
 * responses.
 */
export function createErase(db: ControlDatabase): Pick<DeliveryStore, 'erase'> {
  /**
   * Calls `step` for one range of keys after the other until the whole table is covered. Each call runs in
   * its own transaction.
   */
  async function walkTable(
    table: 'webhook_deliveries' | 'webhook_log',
    step: (connection: ControlDatabase, after: number, upTo: number) => Promise<void>,
  ): Promise<void> {
    const key = sql.ref(table === 'webhook_log' ? 'id' : 'seq')
    for (let after: number | null = 0; after !== null;) {
      const from: number = after
      after = await runExclusively(db, async (connection) => {
        const { rows } = await sql<{
          upTo: number | null
        }>`SELECT max(key) AS upTo FROM (SELECT ${key} AS key FROM ${sql.table(table)} WHERE ${key} > ${from} ORDER BY ${key} LIMIT ${SEARCHED_ROWS_AT_ONCE})`.execute(
          connection,
        )
        const { upTo } = rows[0]!
        if (upTo !== null) await step(connection, from, upTo)
        return upTo
      })
      await yieldToOthers()
    }
  }

  return {
    async erase({ siteIds, visitorId }) {
      const sites = sql`site_id IN ${listOf(siteIds)}`
      // Escape the visitor ID in the same way as in the JSON bodies.
      const needle = visitorId === undefined ? undefined : JSON.stringify(visitorId).slice(1, -1)
      await walkTable('webhook_deliveries', async (connection, after, upTo) => {
        const isMatch = needle === undefined ? sql`true` : sql`instr(body, ${needle}) > 0`
        const { rows } = await sql<{ webhookId: string; isOpen: number }>`
          DELETE FROM webhook_deliveries WHERE seq > ${after} AND seq <= ${upTo} AND ${sites} AND ${isMatch} RETURNING webhook_id AS webhookId, ended_at IS NULL AS isOpen
        `.execute(connection)
        for (const { webhookId, isOpen } of rows)
          if (isOpen)
            await connection
              .updateTable('webhooks')
              .set({ backlog: sql`backlog - 1` })
              .where('id', '=', webhookId)
              .execute()
      })
      await walkTable('webhook_log', async (connection, after, upTo) => {
        const isMatch = visitorId === undefined ? sql`true` : sql`instr(answer, ${visitorId}) > 0`
        await sql`UPDATE webhook_log SET answer = '' WHERE id > ${after} AND id <= ${upTo} AND answer <> '' AND ${sites} AND ${isMatch}`.execute(
          connection,
        )
      })
      await truncateJournal(db)
    },
  }
}
