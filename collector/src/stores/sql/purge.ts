import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { sql } from 'kysely'
import type { DeliveryStore } from '../../webhooks/webhook-store.js'
import { logDropped } from './delivery-log.js'
import type { ControlDatabase } from './tables.js'
import { runExclusively, runUnsynced } from './transaction.js'

// SQLite holds the process up, and what is deleted is overwritten: some ten milliseconds for each step.
const PURGED_ROWS_AT_ONCE = 500
const DAY_MS = 24 * 60 * 60 * 1000
/** The logs, and deliveries that came to an end. */
const KEEP_MS = 30 * DAY_MS
/** What nobody took until then is not news any more. */
const MAX_WAIT_MS = DAY_MS

/** What is past its time, some rows at each call. */
export function createSqlitePurge(db: ControlDatabase): Pick<DeliveryStore, 'purge'> {
  return {
    purge: ({ now, wallNow }) =>
      runUnsynced(db, async (connection) => {
        const dropped = await expire(connection, now, wallNow)
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

/** Gives up what waits too long, also for a disabled webhook; it can be sent again. */
async function expire(connection: ControlDatabase, now: number, wallNow: number): Promise<number> {
  const { rows } = await sql<{ seq: number; webhookId: string }>`
    SELECT d.seq, d.webhook_id AS webhookId FROM webhooks AS w CROSS JOIN webhook_deliveries AS d ON d.webhook_id = w.id
    WHERE w.backlog > 0 AND w.removed_at IS NULL AND d.state IN ('pending', 'waiting') AND d.ended_at IS NULL AND d.due_at < ${now - MAX_WAIT_MS} LIMIT ${PURGED_ROWS_AT_ONCE}
  `.execute(connection)
  if (rows.length === 0) return 0
  await sql`UPDATE webhook_deliveries SET state = 'cancelled', ended_at = ${wallNow} WHERE seq IN (SELECT value FROM json_each(${JSON.stringify(rows.map(({ seq }) => seq))}))`.execute(
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

/** A removed webhook goes last, when nothing refers to it. */
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

// Rows are read one after the other, because no index knows what is in them: some milliseconds for each step.
const SEARCHED_ROWS_AT_ONCE = 1_000

/** Deletes what deliveries and their log hold of a site or a visitor. */
export function createSqliteErase(db: ControlDatabase): Pick<DeliveryStore, 'erase'> {
  /** Calls `step` for the rows of a table, a range of keys at a time. */
  async function walk(
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
      const sites = sql`site_id IN (SELECT value FROM json_each(${JSON.stringify(siteIds)}))`
      // As JSON writes it.
      const needle = visitorId === undefined ? undefined : JSON.stringify(visitorId).slice(1, -1)
      await walk('webhook_deliveries', async (connection, after, upTo) => {
        const holdsIt = needle === undefined ? sql`true` : sql`instr(body, ${needle}) > 0`
        const { rows } = await sql<{ webhookId: string; isOpen: number }>`
          DELETE FROM webhook_deliveries WHERE seq > ${after} AND seq <= ${upTo} AND ${sites} AND ${holdsIt} RETURNING webhook_id AS webhookId, ended_at IS NULL AS isOpen
        `.execute(connection)
        for (const { webhookId, isOpen } of rows)
          if (isOpen)
            await connection
              .updateTable('webhooks')
              .set({ backlog: sql`backlog - 1` })
              .where('id', '=', webhookId)
              .execute()
      })
      await walk('webhook_log', async (connection, after, upTo) => {
        const holdsIt = visitorId === undefined ? sql`true` : sql`instr(answer, ${visitorId}) > 0`
        await sql`UPDATE webhook_log SET answer = '' WHERE id > ${after} AND id <= ${upTo} AND answer <> '' AND ${sites} AND ${holdsIt}`.execute(
          connection,
        )
      })
      // The log of changes still holds the pages as they were.
      await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(db)
    },
  }
}
