import { type Selectable, sql } from 'kysely'
import { HOUR_MS } from '../../durations.js'
import type { Change } from '../../control/change-log.js'
import type { AttemptResult } from '../../egress/attempt.js'
import type { LogEntry, LogKind, WebhookStore } from '../../webhooks/webhook-store.js'
import type { Webhook } from '../../webhooks/webhook.js'
import type { ControlDatabase, WebhookTables } from './tables.js'

/** The fields that identify a webhook in the log. */
type LoggedWebhook = Pick<Webhook, 'id' | 'accountId' | 'siteId'>

/** The result of an attempt that has finished or was interrupted. */
type LoggedResult = Omit<AttemptResult, 'error'> & { error: string | undefined }

type WebhookLog = Pick<WebhookStore, 'listLog' | 'logTest'>

/** Creates the log of webhook changes and delivery attempts. */
export function createWebhookLog(db: ControlDatabase): WebhookLog {
  return {
    async listLog({ accountId, siteId, isAccountWide = false, before, limit }) {
      const entries = db
        .selectFrom('webhook_log')
        .selectAll()
        .where('account_id', '=', accountId)
        .$if(before !== undefined, (query) => query.where('id', '<', before!))
        .orderBy('id', 'desc')
        .limit(limit)
      if (siteId === null) return (await entries.execute()).map(toEntry)
      const rows = await entries.where('site_id', '=', siteId).execute()
      // Run two queries that read the index in order. A single query with OR would sort every log entry of
      // the site.
      if (isAccountWide) rows.push(...(await entries.where('site_id', 'is', null).execute()))
      return rows
        .map(toEntry)
        .sort((a, b) => b.id - a.id)
        .slice(0, limit)
    },
    async logTest(webhook, { eventId, event, result, ...change }) {
      await db
        .insertInto('webhook_log')
        .values({
          ...toEntryColumns(webhook, 'test', change),
          event_id: eventId,
          event,
          attempt: 1,
          ...toResultColumns(result),
        })
        .execute()
    },
  }
}

/** Logs a change of a webhook and resolves to the ID of the entry. Call it in the transaction of the change. */
export async function logChange(
  connection: ControlDatabase,
  webhook: LoggedWebhook,
  {
    kind,
    note = null,
    count = null,
    ...change
  }: { kind: LogKind; note?: string | null; count?: number | null } & Change,
): Promise<number> {
  const { id } = await connection
    .insertInto('webhook_log')
    .values({ ...toEntryColumns(webhook, kind, change), note, count })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/**
 * Logs dropped deliveries. If an entry with the same note was logged within the last hour, its count is
 * increased, so that many dropped deliveries create only one entry.
 */
export async function logDropped(
  connection: ControlDatabase,
  webhook: LoggedWebhook,
  { note, count, at }: { note: string; count: number; at: number },
): Promise<void> {
  const { numUpdatedRows } = await connection
    .updateTable('webhook_log')
    .set({ count: sql`count + ${count}` })
    .where('id', '=', (eb) =>
      eb
        .selectFrom('webhook_log')
        .select('id')
        .where('webhook_id', '=', webhook.id)
        .where('kind', '=', sql.lit('dropped'))
        .where('note', '=', note)
        .where('at', '>', at - HOUR_MS)
        .where('at', '<=', at)
        .orderBy('id', 'desc')
        .limit(1),
    )
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n)
    await logChange(connection, webhook, { kind: 'dropped', note, count, actor: null, at })
}

export function toResultColumns({ status, error, durationMs, answer }: LoggedResult) {
  return { status: status ?? null, error: error ?? null, duration_ms: Math.round(durationMs), answer }
}

function toEntryColumns({ id, accountId, siteId }: LoggedWebhook, kind: LogKind, { actor, at }: Change) {
  return { kind, webhook_id: id, account_id: accountId, site_id: siteId, at, actor }
}

function toEntry(row: Selectable<WebhookTables['webhook_log']>): LogEntry {
  return {
    id: row.id,
    kind: row.kind,
    webhookId: row.webhook_id,
    accountId: row.account_id,
    siteId: row.site_id,
    at: row.at,
    actor: row.actor,
    eventId: row.event_id,
    event: row.event,
    attempt: row.attempt,
    status: row.status,
    error: row.error,
    durationMs: row.duration_ms,
    answer: row.answer,
    note: row.note,
    count: row.count,
  }
}
