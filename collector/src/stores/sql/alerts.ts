import type { Insertable, Selectable, Updateable } from 'kysely'
import type { AlertStore } from '../../alerts/alert-store.js'
import { type Alert, type AlertFields, type Destination, MAX_ALERTS_OF_SITE } from '../../alerts/alert.js'
import { accountBoundError, MAX_ALERTS_OF_ACCOUNT } from '../../control/account-bounds.js'
import { lastWholeMinute } from '../../alerts/evaluate.js'
import { logChangeOfSite } from './changes.js'
import { createNotificationStore } from './notifications.js'
import { nameAddresses } from './recipients.js'
import { randomText } from './random-text.js'
import type { ControlDatabase, ControlTables } from './tables.js'
import { runExclusively } from './dialect.js'

type Alerts = Pick<
  AlertStore,
  | 'addAlert'
  | 'findAlert'
  | 'listAlerts'
  | 'updateAlert'
  | 'removeAlert'
  | 'findSealedDestination'
  | 'removeSealedDestinations'
  | 'listEvaluatedAlerts'
>
type Row = Selectable<ControlTables['alerts']>

/**
 * The fields that define the condition of an alert. A change of any of these fields resets the alert's state.
 */
const CONDITION = [
  'metric',
  'comparison',
  'threshold',
  'hysteresis',
  'windowMinutes',
  'minimumVolume',
  'currency',
] as const satisfies (keyof AlertFields)[]

function createAlertRecords(db: ControlDatabase): Alerts {
  return {
    addAlert: (siteId, fields, change, addresses) =>
      runExclusively(db, async (connection) => {
        const site = await connection
          .selectFrom('sites')
          .select('account_id')
          .where('id', '=', siteId)
          .executeTakeFirst()
        if (!site) return undefined
        const { count } = await connection
          .selectFrom('alerts')
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .where('site_id', '=', siteId)
          .executeTakeFirstOrThrow()
        if (count >= MAX_ALERTS_OF_SITE) return undefined
        const { ofAccount } = await connection
          .selectFrom('alerts')
          .innerJoin('sites', 'sites.id', 'alerts.site_id')
          .select((eb) => eb.fn.countAll<number>().as('ofAccount'))
          .where('sites.account_id', '=', site.account_id)
          .executeTakeFirstOrThrow()
        if (ofAccount >= MAX_ALERTS_OF_ACCOUNT)
          throw accountBoundError('site_id', 'alerts', MAX_ALERTS_OF_ACCOUNT)
        const row = {
          id: `alert_${randomText(12).toLowerCase()}`,
          site_id: siteId,
          created_at: change.at,
          revision: 0,
          fired_at: null,
          ...initialState(change.at),
          ...toColumns(fields),
        } as Row
        await connection
          .insertInto('alerts')
          .values(row satisfies Insertable<ControlTables['alerts']>)
          .execute()
        await logChangeOfSite(connection, {
          type: 'alert',
          action: 'created',
          subjectId: row.id,
          name: row.name,
          siteId,
          ...change,
        })
        if (addresses) await nameAddresses(connection, { ...addresses, alertId: row.id, at: change.at })
        return toAlert(row)
      }),
    findAlert: (id) => findAlert(db, id),
    async listAlerts(siteIds) {
      const rows = await db
        .selectFrom('alerts')
        .selectAll()
        .where('site_id', 'in', siteIds)
        .orderBy('created_at')
        .orderBy('id')
        .execute()
      return rows.map(toAlert)
    },
    updateAlert: (id, changes, change, addresses) =>
      runExclusively(db, async (connection) => {
        const before = await findAlert(connection, id)
        if (!before) return undefined
        const isReset =
          CONDITION.some((field) => changes[field] !== undefined && changes[field] !== before[field]) ||
          (changes.isActive === true && !before.isActive)
        const columns = toColumns(changes)
        await connection
          .updateTable('alerts')
          .set((eb) => ({
            ...columns,
            ...(isReset && initialState(change.at)),
            revision: eb('revision', '+', 1),
          }))
          .where('id', '=', id)
          .execute()
        await logChangeOfSite(connection, {
          type: 'alert',
          action: 'changed',
          subjectId: id,
          name: before.name,
          siteId: before.siteId,
          fields: Object.keys(columns),
          ...change,
        })
        if (addresses) await nameAddresses(connection, { ...addresses, alertId: id, at: change.at })
        return findAlert(connection, id)
      }),
    removeAlert: (id, change) =>
      runExclusively(db, async (connection) => {
        const removed = await connection
          .deleteFrom('alerts')
          .where('id', '=', id)
          .returning(['name', 'site_id'])
          .executeTakeFirst()
        if (removed)
          await logChangeOfSite(connection, {
            type: 'alert',
            action: 'removed',
            subjectId: id,
            name: removed.name,
            siteId: removed.site_id,
            ...change,
          })
        return removed !== undefined
      }),
    async findSealedDestination() {
      const row = await selectSealed(db).limit(1).executeTakeFirst()
      return row && toAlert(row).destinations.find((destination) => 'sealed' in destination)?.sealed
    },
    removeSealedDestinations: (change) =>
      runExclusively(db, async (connection) => {
        const alerts = (await selectSealed(connection).execute()).map(toAlert)
        for (const { id, name, siteId } of alerts) {
          await connection
            .updateTable('alerts')
            .set((eb) => ({
              ...toColumns({ destinations: [{ type: 'webhook' }] }),
              revision: eb('revision', '+', 1),
            }))
            .where('id', '=', id)
            .execute()
          await logChangeOfSite(connection, {
            type: 'alert',
            action: 'changed',
            subjectId: id,
            name,
            siteId,
            fields: ['destinations'],
            ...change,
          })
        }
        return alerts.map(({ id }) => id)
      }),
    async listEvaluatedAlerts() {
      const rows = await db
        .selectFrom('alerts')
        .selectAll()
        .where('active', '=', 1)
        .where('metric', '!=', 'uptime')
        .orderBy('site_id')
        .orderBy('window_minutes')
        .execute()
      return rows.map(toAlert)
    },
  }
}

function selectSealed(db: ControlDatabase) {
  return db.selectFrom('alerts').selectAll().where('destinations', 'like', '%"sealed"%')
}

async function findAlert(db: ControlDatabase, id: string): Promise<Alert | undefined> {
  const row = await db.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toAlert(row)
}

/**
 * Returns the state of an alert that has not been evaluated yet. It does not include `fired_at`, so that the
 * cool-down continues when an alert is reset.
 */
function initialState(now: number): Pick<Row, 'firing' | 'judged_to' | 'value'> {
  return { firing: 0, judged_to: lastWholeMinute(now), value: null }
}

function toColumns({
  name,
  metric,
  comparison,
  threshold,
  hysteresis,
  windowMinutes,
  minimumVolume,
  coolDownMinutes,
  currency,
  isActive,
  destinations,
}: Partial<AlertFields>): Updateable<ControlTables['alerts']> {
  const columns = {
    name,
    metric,
    comparison,
    threshold,
    hysteresis,
    currency,
    window_minutes: windowMinutes,
    minimum_volume: minimumVolume,
    cool_down_minutes: coolDownMinutes,
    active: isActive === undefined ? undefined : Number(isActive),
    destinations: destinations && JSON.stringify(destinations),
  }
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
}

export function toAlert(row: Row): Alert {
  return {
    id: row.id,
    siteId: row.site_id,
    name: row.name,
    metric: row.metric,
    comparison: row.comparison,
    threshold: row.threshold,
    hysteresis: row.hysteresis,
    windowMinutes: row.window_minutes,
    minimumVolume: row.minimum_volume,
    coolDownMinutes: row.cool_down_minutes,
    currency: row.currency,
    isActive: row.active === 1,
    destinations: JSON.parse(row.destinations) as Destination[],
    createdAt: row.created_at,
    revision: row.revision,
    state: {
      isFiring: row.firing === 1,
      evaluatedTo: row.judged_to,
      value: row.value,
      firedAt: row.fired_at,
    },
  }
}

/** Creates the store of alerts, their state and their notifications. */
export function createAlertStore(db: ControlDatabase): AlertStore {
  return { ...createAlertRecords(db), ...createNotificationStore(db) }
}
