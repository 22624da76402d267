import { sql } from 'kysely'
import { LONGEST_PAUSE_MS, MAX_ATTEMPTS } from '../webhooks/retry-schedule.js'
import type { ControlDatabase } from './control-tables.js'
import {
  LEASE_MS,
  type ClaimedDelivery,
  type DeliveryStore,
  type FinishedAttempt,
  type Turn,
  type TurnResult,
} from './delivery-store.js'
import { runUnsynced } from './run-unsynced.js'
import { settleAttempts } from './settle-attempts.js'

type Deliveries = Pick<
  DeliveryStore,
  'takeTurn' | 'leasedUntil' | 'boundPauses' | 'countBacklog' | 'hasChangedElsewhere'
>

/** The queue as the engine sees it. */
export function createSqliteDeliveries(db: ControlDatabase): Deliveries {
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
      const { rows } = await sql<{ data_version: number }>`PRAGMA data_version`.execute(db)
      const version = rows[0]!.data_version
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
  const settled = await settleAttempts(connection, finished, { now: wallNow })
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
      // Its process died with it.
      if (state === 'in_flight')
        interrupted.push(describeInterrupted({ ...delivery, attempt: attempts }, wallNow))
      if (attempts < MAX_ATTEMPTS) claimed.push({ ...delivery, attempt: attempts + 1 })
    }
  }
  const broken = await settleAttempts(connection, interrupted, { now: wallNow })
  if (claimed.length > 0)
    await sql`
      UPDATE webhook_deliveries SET state = 'in_flight', attempts = attempts + 1, due_at = ${now + LEASE_MS}
      WHERE seq IN (SELECT value FROM json_each(${JSON.stringify(claimed.map(({ seq }) => seq))}))
    `.execute(connection)
  const due = await findDue(
    connection,
    new Set([
      ...claims.map(({ webhookId }) => webhookId),
      ...finished.map(({ delivery }) => delivery.webhookId),
    ]),
  )
  const ended = {
    done: settled.ended.done + broken.ended.done,
    failed: settled.ended.failed + broken.ended.failed,
    cancelled: settled.ended.cancelled + broken.ended.cancelled,
  }
  return { claimed, due, disabled: [...settled.disabled, ...broken.disabled], ended }
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

/** Retries first: a backlog must not keep them from their time. */
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
    SELECT w.value AS id, ${earliest('waiting')} AS waiting, ${earliest('in_flight')} AS leased, ${earliest('pending')} AS pending FROM json_each(${JSON.stringify([...webhookIds])}) AS w
  `.execute(connection)
  return new Map(
    rows.map(({ id, waiting, leased, pending }) => {
      const times = [waiting, leased, pending].filter((time) => time !== null)
      return [id, times.length > 0 ? Math.min(...times) : undefined]
    }),
  )
}

/** An attempt of which nobody knows how it went; after the last one, the delivery has failed. */
function describeInterrupted(delivery: ClaimedDelivery, at: number): FinishedAttempt {
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
