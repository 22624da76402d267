import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { sql } from 'kysely'
import { MAX_REPLAYED_PER_HOUR } from '../../control/account-bounds.js'
import type { Change } from '../../control/change-log.js'
import { HOUR_MS } from '../../durations.js'
import type { ReplayChoice, WebhookStore } from '../../webhooks/webhook-store.js'
import { MAX_BACKLOG } from '../../webhooks/webhook.js'
import { logChange } from './delivery-log.js'
import type { ControlDatabase } from './tables.js'
import { runExclusively } from './dialect.js'
import { findWebhook } from './webhooks.js'

// Maximum number of rows per transaction. SQLite blocks the process during the transaction.
const ROWS_AT_ONCE = 1_000

/** One step of a replay: the deliveries that one transaction queues. */
interface Step {
  id: string
  choice: ReplayChoice
  dueAt: number
  change: Change
  /** ID of the log entry of this replay, or undefined in its first step. */
  entryId: number | undefined
}

interface StepResult {
  count: number
  entryId: number
  isLast: boolean
  retryAfterMs: number | undefined
}

/**
 * Creates the replay, which queues ended deliveries again with the same event ID. The oldest deliveries are
 * queued first, until the backlog limit or the hourly limit of the account is reached.
 */
export function createReplay(db: ControlDatabase): Pick<WebhookStore, 'replay'> {
  return {
    async replay(id, choice, { dueAt, ...change }) {
      let queued = 0
      let entryId: number | undefined
      for (;;) {
        const step: Step = { id, choice, dueAt, change, entryId }
        const result = await runExclusively(db, (connection) => runStep(connection, step))
        if (!result) return entryId === undefined ? undefined : { queued, retryAfterMs: undefined }
        queued += result.count
        if (result.isLast) return { queued, retryAfterMs: result.retryAfterMs }
        entryId = result.entryId
        await yieldToOthers()
      }
    },
  }
}

/**
 * Queues up to {@link ROWS_AT_ONCE} deliveries again, and counts them in the log entry of the replay. Resolves
 * to undefined if the webhook does not exist.
 */
async function runStep(
  connection: ControlDatabase,
  { id, choice, dueAt, change, entryId }: Step,
): Promise<StepResult | undefined> {
  const webhook = await findWebhook(connection, id)
  if (!webhook) return undefined
  const replayed = await sumReplayed(connection, webhook.accountId, change.at)
  const ofAccount = Math.max(0, MAX_REPLAYED_PER_HOUR - replayed.count)
  const limit = Math.max(0, Math.min(ROWS_AT_ONCE, MAX_BACKLOG - webhook.backlog, ofAccount))
  const chosen = (most: number) =>
    'eventId' in choice
      ? sql`SELECT seq FROM webhook_deliveries WHERE webhook_id = ${id} AND event_id = ${choice.eventId} AND ended_at IS NOT NULL LIMIT ${most}`
      : sql`SELECT seq FROM webhook_deliveries WHERE webhook_id = ${id} AND ended_at >= ${choice.failedSince} AND state IN ('failed', 'cancelled') ORDER BY ended_at LIMIT ${most}`
  const { numAffectedRows } = await sql`
    UPDATE webhook_deliveries SET state = 'pending', attempts = 0, due_at = ${dueAt}, queued_at = ${dueAt}, ended_at = NULL WHERE seq IN (${chosen(limit)})
  `.execute(connection)
  const count = Number(numAffectedRows)
  await connection
    .updateTable('webhooks')
    .set({ backlog: sql`backlog + ${count}` })
    .where('id', '=', id)
    .execute()
  const note =
    'eventId' in choice ? choice.eventId : `failed since ${new Date(choice.failedSince).toISOString()}`
  const isLimited =
    count === ofAccount &&
    webhook.backlog + count < MAX_BACKLOG &&
    (await chosen(1).execute(connection)).rows.length > 0
  return {
    count,
    entryId:
      entryId === undefined
        ? await logChange(connection, webhook, { kind: 'replayed', note, count, ...change })
        : await addToEntry(connection, entryId, count),
    isLast: count < ROWS_AT_ONCE || isLimited,
    retryAfterMs: isLimited ? (replayed.firstAt ?? change.at) + HOUR_MS - change.at : undefined,
  }
}

/**
 * Resolves to the number of deliveries that an account has replayed within the hour before `at`, and the time
 * of the first of these replays. Replays of the future, before the clock was set back, do not count.
 */
async function sumReplayed(
  connection: ControlDatabase,
  accountId: string,
  at: number,
): Promise<{ count: number; firstAt: number | null }> {
  return connection
    .selectFrom('webhook_log')
    .select((eb) => [
      eb.fn.coalesce(eb.fn.sum<number>('count'), sql<number>`0`).as('count'),
      eb.fn.min<number | null>('at').as('firstAt'),
    ])
    .where('account_id', '=', accountId)
    .where('kind', '=', sql.lit('replayed'))
    .where('count', '>', 0)
    .where('at', '>', at - HOUR_MS)
    .where('at', '<=', at)
    .executeTakeFirstOrThrow()
}

async function addToEntry(connection: ControlDatabase, entryId: number, count: number): Promise<number> {
  await connection
    .updateTable('webhook_log')
    .set({ count: sql`count + ${count}` })
    .where('id', '=', entryId)
    .execute()
  return entryId
}
