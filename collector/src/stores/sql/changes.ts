import { sql } from 'kysely'
import type { Change, ChangedType, ChangeEntry, ChangeLog } from '../../control/change-log.js'
import type { ControlDatabase } from './tables.js'

type Logged = Pick<ChangeEntry, 'type' | 'action' | 'subjectId' | 'name'> & { fields?: string[] } & Change

/** Creates the store that lists the logged changes of alerts, goals and API keys. */
export function createChangeLog(db: ControlDatabase): ChangeLog {
  return {
    async listChanges({ accountId, siteId, isAccountWide, type, before, limit }) {
      const rows = await db
        .selectFrom('change_log')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('type', '=', type)
        .$if(siteId !== null, (query) =>
          query.where((eb) =>
            eb.or([eb('site_id', '=', siteId), ...(isAccountWide ? [eb('site_id', 'is', null)] : [])]),
          ),
        )
        .$if(before !== undefined, (query) => query.where('id', '<', before!))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(({ subject_id: subjectId, account_id, site_id, fields, ...row }) => ({
        ...row,
        subjectId,
        accountId: account_id,
        siteId: site_id,
        fields: fields === null ? null : (JSON.parse(fields) as string[]),
      }))
    },
  }
}

/** Logs a change of an alert, goal or API key. Call it in the transaction that makes the change. */
export async function logChangeOfAccount(
  connection: ControlDatabase,
  {
    type,
    action,
    subjectId,
    name,
    at,
    actor,
    fields,
    accountId,
    siteId,
  }: Logged & Pick<ChangeEntry, 'accountId' | 'siteId'>,
): Promise<void> {
  await connection
    .insertInto('change_log')
    .values({
      type,
      action,
      subject_id: subjectId,
      name,
      account_id: accountId,
      site_id: siteId,
      at,
      actor,
      fields: fields ? JSON.stringify(fields) : null,
    })
    .execute()
}

/**
 * Logs a change of an alert, goal or API key that belongs to a site. Call it in the transaction that makes
 * the change.
 */
export async function logChangeOfSite(
  connection: ControlDatabase,
  { siteId, ...change }: Logged & { siteId: string },
): Promise<void> {
  const { account_id: accountId } = await connection
    .selectFrom('sites')
    .select('account_id')
    .where('id', '=', siteId)
    .executeTakeFirstOrThrow()
  await logChangeOfAccount(connection, { ...change, accountId, siteId })
}

// The tables whose rows are removed together with their site.
const TABLES: Record<ChangedType, string> = { alert: 'alerts', goal: 'goals', key: 'api_keys' }

/** Logs the removal of a site's alerts, goals and API keys. Call it before the site is removed. */
export async function logRemovalsWithSite(
  connection: ControlDatabase,
  siteId: string,
  { actor, at }: Change,
): Promise<void> {
  for (const [type, table] of Object.entries(TABLES))
    await sql`
      INSERT INTO change_log (type, action, subject_id, name, account_id, site_id, at, actor)
      SELECT ${type}, 'removed', t.id, t.name, s.account_id, s.id, ${at}, ${actor} FROM ${sql.table(table)} AS t JOIN sites AS s ON s.id = t.site_id WHERE t.site_id = ${siteId}
    `.execute(connection)
}
