import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { sql } from 'kysely'
import type { ControlDatabase } from './control-tables.js'
import type { DeliveryStore } from './delivery-store.js'
import { runExclusively } from './run-exclusively.js'

// Rows are read one after the other, because no index knows what is in them: some milliseconds for each step.
const ROWS_AT_ONCE = 1_000

/** Deletes what deliveries and their log hold of a site or a visitor. */
export function createSqliteForget(db: ControlDatabase): Pick<DeliveryStore, 'forget'> {
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
        }>`SELECT max(key) AS upTo FROM (SELECT ${key} AS key FROM ${sql.table(table)} WHERE ${key} > ${from} ORDER BY ${key} LIMIT ${ROWS_AT_ONCE})`.execute(
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
    async forget({ siteIds, visitorId }) {
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
