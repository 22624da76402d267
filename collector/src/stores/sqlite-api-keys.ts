import type { ControlStore, KeyReach } from './control-store.js'
import type { ControlDatabase } from './control-tables.js'
import { runExclusively } from './run-exclusively.js'
import { logChangeOfAccount } from './sqlite-change-log.js'

type ApiKeys = Pick<
  ControlStore,
  'addApiKey' | 'findApiKey' | 'listApiKeys' | 'listApiKeysOf' | 'removeApiKey'
>

/** The API keys of the control data. */
export function createSqliteApiKeys(db: ControlDatabase): ApiKeys {
  const listApiKeys = async (reach?: KeyReach) => {
    const rows = await db
      .selectFrom('api_keys')
      .leftJoin('key_usage', 'key_usage.key_id', 'api_keys.id')
      .select(['id', 'account_id', 'name', 'site_id', 'scope', 'created_at', 'last_used_at'])
      .$if(reach !== undefined, (query) => query.where('account_id', '=', reach!.accountId))
      .$if(reach !== undefined && reach.siteId !== null, (query) =>
        query.where('site_id', '=', reach!.siteId),
      )
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      accountId: row.account_id,
      siteId: row.site_id,
      scope: row.scope,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
    }))
  }
  return {
    addApiKey: ({ id, hash, name, accountId, siteId, createdAt, scope }, actor = null) =>
      runExclusively(db, async (connection) => {
        await connection
          .insertInto('api_keys')
          .values({ id, hash, name, account_id: accountId, site_id: siteId, created_at: createdAt, scope })
          .execute()
        await logChangeOfAccount(connection, {
          type: 'key',
          action: 'created',
          subjectId: id,
          name,
          accountId,
          siteId,
          actor,
          at: createdAt,
        })
      }),
    async findApiKey(id) {
      const row = await db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst()
      return (
        row && {
          id: row.id,
          hash: row.hash,
          name: row.name,
          accountId: row.account_id,
          siteId: row.site_id,
          createdAt: row.created_at,
          scope: row.scope,
        }
      )
    },
    listApiKeys: () => listApiKeys(),
    listApiKeysOf: listApiKeys,
    removeApiKey: (id, change = { actor: null, at: Date.now() }) =>
      runExclusively(db, async (connection) => {
        const removed = await connection
          .deleteFrom('api_keys')
          .where('id', '=', id)
          .returning(['name', 'account_id', 'site_id'])
          .executeTakeFirst()
        if (removed)
          await logChangeOfAccount(connection, {
            type: 'key',
            action: 'removed',
            subjectId: id,
            name: removed.name,
            accountId: removed.account_id,
            siteId: removed.site_id,
            ...change,
          })
        return removed !== undefined
      }),
  }
}
