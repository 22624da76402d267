import { sql } from 'kysely'
import type { ControlDatabase } from './control-tables.js'
import {
  MAX_FAILURES_IN_ROW,
  type FinishedAttempt,
  type NextState,
  type TurnResult,
} from './delivery-store.js'
import { describeResult, logChange } from './sqlite-webhook-log.js'
import { findWebhook } from './sqlite-webhooks.js'

type Settled = Pick<TurnResult, 'disabled' | 'ended'>

/** Writes what attempts came to, in their order: the log, the deliveries, and how their webhooks do. */
export async function settleAttempts(
  connection: ControlDatabase,
  finished: FinishedAttempt[],
  { now }: { now: number },
): Promise<Settled> {
  const settled: Settled = { disabled: [], ended: { done: 0, failed: 0, cancelled: 0 } }
  if (finished.length === 0) return settled
  await logAttempts(connection, finished)
  const updated = await updateDeliveries(connection, finished, now)
  for (const [webhookId, attempts] of groupByWebhook(finished)) {
    const webhook = await connection
      .selectFrom('webhooks')
      .select(['active', 'failures_in_row'])
      .where('id', '=', webhookId)
      .executeTakeFirst()
    if (!webhook) continue
    let failures = webhook.failures_in_row
    let [over, reason] = [0, undefined as string | undefined]
    for (const { delivery, next, disable } of attempts) {
      reason ??= disable
      if (next.state === 'waiting' || !updated.has(delivery.seq)) continue
      over++
      settled.ended[next.state]++
      if (next.state === 'done') failures = 0
      if (next.state === 'failed' && ++failures >= MAX_FAILURES_IN_ROW)
        reason ??= `${MAX_FAILURES_IN_ROW} deliveries in a row failed`
    }
    const isDisabled = webhook.active === 1 && reason !== undefined
    await connection
      .updateTable('webhooks')
      .set({
        failures_in_row: failures,
        backlog: sql`backlog - ${over}`,
        last_triggered_at: attempts.at(-1)!.at,
        ...(isDisabled && { active: 0, disabled_reason: reason }),
      })
      .where('id', '=', webhookId)
      .execute()
    if (!isDisabled) continue
    settled.disabled.push(webhookId)
    await logChange(connection, (await findWebhook(connection, webhookId))!, {
      kind: 'disabled',
      note: reason!,
      actor: null,
      at: now,
    })
  }
  return settled
}

/** The deliveries that were still in flight for the attempt: others may have been taken over, or erased. */
async function updateDeliveries(
  connection: ControlDatabase,
  finished: FinishedAttempt[],
  now: number,
): Promise<Set<number>> {
  const rows = finished.map(({ delivery: { seq, attempt }, next }) =>
    next.state === 'waiting'
      ? [seq, attempt, next.state, next.dueAt, next.isReturned ? attempt - 1 : attempt, null]
      : [seq, attempt, next.state, 0, attempt, now],
  )
  const updated = await sql<{ seq: number }>`
    UPDATE webhook_deliveries SET state = n.value ->> 2, due_at = n.value ->> 3, attempts = n.value ->> 4, ended_at = n.value ->> 5
    FROM json_each(${JSON.stringify(rows)}) AS n
    WHERE webhook_deliveries.seq = n.value ->> 0 AND webhook_deliveries.attempts = n.value ->> 1 AND webhook_deliveries.state = 'in_flight'
    RETURNING webhook_deliveries.seq AS seq
  `.execute(connection)
  return new Set(updated.rows.map(({ seq }) => seq))
}

async function logAttempts(connection: ControlDatabase, finished: FinishedAttempt[]): Promise<void> {
  const rows = finished.map(({ delivery, at, result, next }) => ({
    kind: 'delivery' as const,
    webhook_id: delivery.webhookId,
    account_id: delivery.accountId,
    site_id: delivery.siteId,
    at,
    actor: null,
    event_id: delivery.eventId,
    event: delivery.event,
    attempt: delivery.attempt,
    ...describeResult(result),
    note: NOTES[next.state],
    count: null,
  }))
  await connection.insertInto('webhook_log').values(rows).execute()
}

const NOTES: Record<NextState['state'], string> = {
  done: 'delivered',
  waiting: 'tried again',
  failed: 'failed',
  cancelled: 'cancelled',
}

function groupByWebhook(finished: FinishedAttempt[]): Map<string, FinishedAttempt[]> {
  const groups = new Map<string, FinishedAttempt[]>()
  for (const attempt of finished) {
    const { webhookId } = attempt.delivery
    const group = groups.get(webhookId)
    if (group) group.push(attempt)
    else groups.set(webhookId, [attempt])
  }
  return groups
}
