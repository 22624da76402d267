import { sql } from 'kysely'
import { LONGEST_PAUSE_MS, MAX_ATTEMPTS } from '../../egress/retry-schedule.js'
import {
  type ClaimedDelivery,
  type DeliveryStore,
  type FinishedAttempt,
  LEASE_MS,
  MAX_FAILURES_IN_ROW,
  type NextState,
  type Turn,
  type TurnResult,
} from '../../webhooks/webhook-store.js'
import { toResultColumns, logChange } from './delivery-log.js'
import type { ControlDatabase } from './tables.js'
import { jsonRows, listOf, readDataVersion, runUnsynced } from './dialect.js'
import { findWebhook } from './webhooks.js'

type Deliveries = Pick<
  DeliveryStore,
  'takeTurn' | 'leasedUntil' | 'boundPauses' | 'countBacklog' | 'hasChangedElsewhere'
>

/** Creates the queue of webhook deliveries. */
export function createDeliveryStore(db: ControlDatabase): Deliveries {
  let seenVersion: number | undefined
  return {
    takeTurn: (turn) => runUnsynced(db, (connection) => takeTurn(connection, turn)),
    async leasedUntil(webhookId) {
      const { rows } = await sql<{
        until: number | null
      }>`SELECT max(due_at) AS until FROM webhook_deliveries WHERE webhook_id = ${webhookId} AND state = 'in_flight' AND ended_at IS NULL`.execute(
        db,
      )
      return rows[0]?.until ?? undefined
    },
    async boundPauses(now) {
      await sql`
        UPDATE webhook_deliveries SET due_at = ${now} WHERE seq IN (
          SELECT d.seq FROM webhooks AS w CROSS JOIN webhook_deliveries AS d ON d.webhook_id = w.id
          WHERE w.backlog > 0 AND d.ended_at IS NULL AND ((d.state = 'waiting' AND d.due_at > ${now + LONGEST_PAUSE_MS}) OR (d.state = 'in_flight' AND d.due_at > ${now + LEASE_MS}))
        )
      `.execute(db)
    },
    async countBacklog() {
      const { rows } = await sql<{
        backlog: number
      }>`SELECT coalesce(sum(backlog), 0) AS backlog FROM webhooks WHERE removed_at IS NULL`.execute(db)
      return rows[0]!.backlog
    },
    async hasChangedElsewhere() {
      const version = await readDataVersion(db)
      const hasChanged = seenVersion !== undefined && version !== seenVersion
      seenVersion = version
      return hasChanged
    },
  }
}

async function takeTurn(
  connection: ControlDatabase,
  { finished, claims, now, wallNow }: Turn,
): Promise<TurnResult> {
  const recorded = await recordAttempts(connection, finished, { now: wallNow })
  const claimed: ClaimedDelivery[] = []
  const interrupted: FinishedAttempt[] = []
  const webhooks = await findTargets(
    connection,
    claims.map(({ webhookId }) => webhookId),
  )
  for (const { webhookId, limit } of claims) {
    const target = webhooks.get(webhookId)
    if (!target) continue
    for (const { state, attempts, ...row } of await selectDue(connection, webhookId, now, limit)) {
      const delivery = { ...row, ...target }
      // The lease expired, so the process that claimed the delivery must have died during the attempt.
      if (state === 'in_flight')
        interrupted.push(interruptedAttempt({ ...delivery, attempt: attempts }, wallNow))
      if (attempts < MAX_ATTEMPTS) claimed.push({ ...delivery, attempt: attempts + 1 })
    }
  }
  const lost = await recordAttempts(connection, interrupted, { now: wallNow })
  if (claimed.length > 0)
    await sql`
      UPDATE webhook_deliveries SET state = 'in_flight', attempts = attempts + 1, due_at = ${now + LEASE_MS}
      WHERE seq IN ${listOf(claimed.map(({ seq }) => seq))}
    `.execute(connection)
  const due = await findDue(
    connection,
    new Set([
      ...claims.map(({ webhookId }) => webhookId),
      ...finished.map(({ delivery }) => delivery.webhookId),
    ]),
  )
  const ended = {
    done: recorded.ended.done + lost.ended.done,
    failed: recorded.ended.failed + lost.ended.failed,
    cancelled: recorded.ended.cancelled + lost.ended.cancelled,
  }
  return { claimed, due, disabled: [...recorded.disabled, ...lost.disabled], ended }
}

type Target = Pick<ClaimedDelivery, 'webhookId' | 'accountId' | 'url' | 'secret'>

async function findTargets(connection: ControlDatabase, ids: string[]): Promise<Map<string, Target>> {
  if (ids.length === 0) return new Map()
  const rows = await connection
    .selectFrom('webhooks')
    .select(['id', 'account_id', 'url', 'secret'])
    .where('id', 'in', ids)
    .where('active', '=', 1)
    .execute()
  return new Map(
    rows.map(({ id, account_id, url, secret }) => [
      id,
      { webhookId: id, accountId: account_id, url, secret },
    ]),
  )
}

interface DueRow extends Pick<ClaimedDelivery, 'seq' | 'siteId' | 'eventId' | 'event' | 'body'> {
  state: string
  attempts: number
}

/**
 * Selects the due deliveries of a webhook. Retries come first so that a backlog of new deliveries does not
 * delay them.
 */
async function selectDue(
  connection: ControlDatabase,
  webhookId: string,
  now: number,
  limit: number,
): Promise<DueRow[]> {
  const select = (state: string) => sql`
    SELECT * FROM (
      SELECT seq, site_id AS siteId, event_id AS eventId, event, body, state, attempts FROM webhook_deliveries
      WHERE webhook_id = ${webhookId} AND state = ${sql.lit(state)} AND ended_at IS NULL AND due_at <= ${now} ORDER BY due_at LIMIT ${limit}
    )
  `
  const { rows } =
    await sql<DueRow>`${select('waiting')} UNION ALL ${select('in_flight')} UNION ALL ${select('pending')} LIMIT ${limit}`.execute(
      connection,
    )
  return rows
}

async function findDue(connection: ControlDatabase, webhookIds: Set<string>): Promise<TurnResult['due']> {
  const earliest = (state: string) =>
    sql`(SELECT min(due_at) FROM webhook_deliveries AS d WHERE d.webhook_id = w.value AND d.state = ${sql.lit(state)} AND d.ended_at IS NULL)`
  const { rows } = await sql<{
    id: string
    waiting: number | null
    leased: number | null
    pending: number | null
  }>`
    SELECT w.value AS id, ${earliest('waiting')} AS waiting, ${earliest('in_flight')} AS leased, ${earliest('pending')} AS pending FROM ${jsonRows(JSON.stringify([...webhookIds]))} AS w
  `.execute(connection)
  return new Map(
    rows.map(({ id, waiting, leased, pending }) => {
      const times = [waiting, leased, pending].filter((time) => time !== null)
      return [id, times.length > 0 ? Math.min(...times) : undefined]
    }),
  )
}

/**
 * Returns the record of an attempt whose process died before the result was known. The delivery is retried,
 * or fails if this was the last attempt.
 */
function interruptedAttempt(delivery: ClaimedDelivery, at: number): FinishedAttempt {
  const next =
    delivery.attempt < MAX_ATTEMPTS
      ? ({ state: 'waiting', dueAt: 0 } as const)
      : ({ state: 'failed' } as const)
  return {
    delivery,
    at,
    result: { status: undefined, error: 'interrupted', answer: '', durationMs: 0 },
    next,
    disable: undefined,
  }
}

type Recorded = Pick<TurnResult, 'disabled' | 'ended'>

/**
 * Logs finished attempts in order and updates their deliveries and webhooks. Resolves to the webhooks that
 * were disabled and the number of deliveries that ended.
 */
async function recordAttempts(
  connection: ControlDatabase,
  finished: FinishedAttempt[],
  { now }: { now: number },
): Promise<Recorded> {
  const recorded: Recorded = { disabled: [], ended: { done: 0, failed: 0, cancelled: 0 } }
  if (finished.length === 0) return recorded
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
    let ended = 0
    let reason: string | undefined
    for (const { delivery, next, disable } of attempts) {
      reason ??= disable
      if (next.state === 'waiting' || !updated.has(delivery.seq)) continue
      ended++
      recorded.ended[next.state]++
      if (next.state === 'done') failures = 0
      if (next.state === 'failed' && ++failures >= MAX_FAILURES_IN_ROW)
        reason ??= `${MAX_FAILURES_IN_ROW} deliveries in a row failed`
    }
    const isDisabled = webhook.active === 1 && reason !== undefined
    await connection
      .updateTable('webhooks')
      .set({
        failures_in_row: failures,
        backlog: sql`backlog - ${ended}`,
        last_triggered_at: attempts.at(-1)!.at,
        ...(isDisabled && { active: 0, disabled_reason: reason }),
      })
      .where('id', '=', webhookId)
      .execute()
    if (!isDisabled) continue
    recorded.disabled.push(webhookId)
    await logChange(connection, (await findWebhook(connection, webhookId))!, {
      kind: 'disabled',
      note: reason!,
      actor: null,
      at: now,
    })
  }
  return recorded
}

/**
 * Stores the new state of each delivery after its attempt. Skips deliveries that were claimed again or erased
 * in the meantime. Resolves to the `seq` of each updated delivery.
 */
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
    FROM ${jsonRows(JSON.stringify(rows))} AS n
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
    ...toResultColumns(result),
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
