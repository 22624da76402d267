import { type Selectable, sql } from 'kysely'
import type { AlertStore, Notification, NotificationClaim, Trigger } from '../../alerts/alert-store.js'
import type { Alert, Destination } from '../../alerts/alert.js'
import type { ControlDatabase, ControlTables } from './tables.js'
import { jsonRows, runExclusively } from './dialect.js'

// A due time of 0 makes a notification due immediately, regardless of the clock of the process that sends it.
const DUE_NOW = 0

type Notifications = Pick<
  AlertStore,
  | 'saveEvaluations'
  | 'putNotifications'
  | 'boundNotifications'
  | 'claimNotifications'
  | 'finishNotification'
  | 'nextNotificationAt'
  | 'listNotifications'
  | 'purgeNotifications'
>

/**
 * Creates the store of notifications. Evaluations and their notifications are saved in one transaction, so
 * that a crash cannot lose only one of them.
 */
export function createNotificationStore(db: ControlDatabase): Notifications {
  return {
    saveEvaluations: (evaluations) =>
      runExclusively(db, async (connection) => {
        let triggered = 0
        for (const { alert, state, triggers } of evaluations) {
          const { numUpdatedRows } = await connection
            .updateTable('alerts')
            .set({
              firing: Number(state.isFiring),
              judged_to: state.evaluatedTo,
              value: state.value,
              fired_at: state.firedAt,
            })
            .where('id', '=', alert.id)
            .where('judged_to', '=', alert.state.evaluatedTo)
            .where('revision', '=', alert.revision)
            .executeTakeFirstOrThrow()
          if (numUpdatedRows > 0n)
            for (const trigger of triggers)
              if (await putNotifications(connection, alert, trigger)) triggered++
        }
        return triggered
      }),
    putNotifications: (alert, trigger) =>
      runExclusively(db, (connection) => putNotifications(connection, alert, trigger)),
    async boundNotifications({ now, longestMs }) {
      await db
        .updateTable('alert_notices')
        .set({ due_at: now })
        .where('ended_at', 'is', null)
        .where('due_at', '>', now + longestMs)
        .execute()
    },
    claimNotifications: ({ leaseUntil, ...claim }) =>
      runExclusively(db, async (connection) => {
        const ids = await chooseInTurn(connection, claim)
        const rows = await connection
          .selectFrom('alert_notices')
          .innerJoin('alerts', 'alerts.id', 'alert_notices.alert_id')
          .innerJoin('sites', 'sites.id', 'alerts.site_id')
          .selectAll('alert_notices')
          .select(['alerts.site_id', 'sites.account_id'])
          .where('alert_notices.id', 'in', ids)
          .orderBy('alert_notices.id')
          .execute()
        if (rows.length > 0)
          await connection
            .updateTable('alert_notices')
            .set((eb) => ({ state: 'in_flight', attempts: eb('attempts', '+', 1), due_at: leaseUntil }))
            .where(
              'id',
              'in',
              rows.map(({ id }) => id),
            )
            .execute()
        return rows.map(toNotification)
      }),
    async finishNotification(id, outcome) {
      const changes =
        'retryAt' in outcome
          ? { state: 'waiting' as const, due_at: outcome.retryAt }
          : { state: outcome.isDone ? ('done' as const) : ('failed' as const), ended_at: outcome.at }
      await db
        .updateTable('alert_notices')
        .set({ ...changes, error: outcome.error })
        .where('id', '=', id)
        .execute()
    },
    async nextNotificationAt(after) {
      const row = await db
        .selectFrom('alert_notices')
        .select('due_at')
        .where('ended_at', 'is', null)
        .$if(after !== undefined, (query) => query.where('due_at', '>', after!))
        .orderBy('due_at')
        .limit(1)
        .executeTakeFirst()
      return row?.due_at
    },
    async listNotifications(alertId, limit) {
      const rows = await db
        .selectFrom('alert_notices')
        .selectAll()
        .where('alert_id', '=', alertId)
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        at: row.at,
        event: row.event,
        destination: toDestination(row),
        attempts: row.attempts,
        state: row.state,
        endedAt: row.ended_at,
        error: row.error,
      }))
    },
    async purgeNotifications(before) {
      await db.deleteFrom('alert_notices').where('ended_at', '<', before).execute()
    },
  }
}

/**
 * Resolves to the IDs of due notifications, those of an account oldest first. Accounts with fewer notifications
 * in flight come first, so that an account with many due notifications does not delay the others.
 */
async function chooseInTurn(
  connection: ControlDatabase,
  { now, limit, limitOfAccount, inFlight }: Omit<NotificationClaim, 'leaseUntil'>,
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    SELECT id FROM (
      SELECT n.id AS id, coalesce(f.value ->> 1, 0) + row_number() OVER (PARTITION BY s.account_id ORDER BY n.id) AS place
      FROM alert_notices AS n JOIN alerts AS a ON a.id = n.alert_id JOIN sites AS s ON s.id = a.site_id
      LEFT JOIN ${jsonRows(JSON.stringify([...inFlight]))} AS f ON f.value ->> 0 = s.account_id
      WHERE n.ended_at IS NULL AND n.due_at <= ${now}
    ) WHERE place <= ${limitOfAccount} ORDER BY place, id LIMIT ${limit}
  `.execute(connection)
  return rows.map(({ id }) => id)
}

/**
 * Queues one notification per destination, in the caller's transaction. Resolves to false if the trigger is
 * already queued or if the alert has no destination.
 */
export async function putNotifications(
  connection: ControlDatabase,
  alert: Alert,
  { key, event, at, data }: Trigger,
): Promise<boolean> {
  if (alert.destinations.length === 0) return false
  const { numInsertedOrUpdatedRows } = await connection
    .insertInto('alert_notices')
    .values(
      alert.destinations.map((destination, place) => ({
        alert_id: alert.id,
        key,
        place,
        event,
        at,
        data: JSON.stringify(data),
        type: destination.type,
        sealed: 'sealed' in destination ? destination.sealed : null,
        state: 'waiting' as const,
        attempts: 0,
        due_at: DUE_NOW,
      })),
    )
    .onConflict((conflict) => conflict.columns(['alert_id', 'key', 'place']).doNothing())
    .executeTakeFirstOrThrow()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

type NotificationRow = Selectable<ControlTables['alert_notices']>

function toNotification(row: NotificationRow & { site_id: string; account_id: string }): Notification {
  return {
    id: row.id,
    alertId: row.alert_id,
    siteId: row.site_id,
    accountId: row.account_id,
    key: row.key,
    event: row.event,
    at: row.at,
    data: JSON.parse(row.data) as Record<string, unknown>,
    destination: toDestination(row),
    attempts: row.attempts + 1,
  } as Notification
}

function toDestination({ type, sealed }: Pick<NotificationRow, 'type' | 'sealed'>): Destination {
  return type === 'webhook' ? { type } : { type, sealed: sealed! }
}
