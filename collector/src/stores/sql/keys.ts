import type { ControlStore } from '../../control/control-store.js'
import type { KeyReach } from '../../control/keys/api-key.js'
import {
  type AccountUsage,
  addRequest,
  describeUsage,
  findExceeded,
  minuteOf,
  monthOf,
} from '../../control/keys/usage.js'
import { logChangeOfAccount } from './changes.js'
import type { ControlDatabase } from './tables.js'
import { runExclusively } from './dialect.js'

type ApiKeys = Pick<
  ControlStore,
  'addApiKey' | 'findApiKey' | 'listApiKeys' | 'listApiKeysOf' | 'removeApiKey'
>

export function createKeyStore(db: ControlDatabase): ApiKeys {
  const listApiKeys = async (reach?: KeyReach) => {
    const rows = await db
      .selectFrom('api_keys')
      .leftJoin('key_uses', 'key_uses.key_id', 'api_keys.id')
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
    addApiKey: (
      { id, hash, name, accountId, siteId, createdAt, scope },
      { actor = null, max = Infinity } = {},
    ) =>
      runExclusively(db, async (connection) => {
        const { keys } = await connection
          .selectFrom('api_keys')
          .select((eb) => eb.fn.countAll<number>().as('keys'))
          .where('account_id', '=', accountId)
          .executeTakeFirstOrThrow()
        if (Number(keys) >= max) return false
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
        return true
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

type Usages = Pick<ControlStore, 'countRequest' | 'readUsage'>
type Counted = Awaited<ReturnType<ControlStore['countRequest']>>

interface WaitingRequest {
  keyId: string
  now: number
  resolve: (counted: Counted) => void
  reject: (reason: unknown) => void
}

/** Creates the store of the usage of accounts, which is the basis of rate limits. */
export function createUsageStore(db: ControlDatabase): Usages {
  let waiting: WaitingRequest[] = []

  // Concurrent requests share one commit, because each commit waits for the disk and blocks the process.
  const countWaiting = async () => {
    const requests = waiting
    waiting = []
    try {
      const counted = await runExclusively(db, async (connection) => {
        const results: Counted[] = []
        for (const { keyId, now } of requests) results.push(await countRequest(connection, keyId, now))
        return results
      })
      requests.forEach(({ resolve }, index) => resolve(counted[index]))
    } catch (error) {
      for (const { reject } of requests) reject(error)
    }
  }

  return {
    countRequest: (keyId, now) =>
      new Promise((resolve, reject) => {
        waiting.push({ keyId, now, resolve, reject })
        if (waiting.length === 1) setImmediate(() => void countWaiting())
      }),
    readUsage: (keyId, now) => readUsage(db, keyId, now),
  }
}

/**
 * Counts one request in the caller's transaction, unless a rate limit is exceeded. Resolves to undefined if
 * the API key does not exist.
 */
async function countRequest(connection: ControlDatabase, keyId: string, now: number): Promise<Counted> {
  const before = await readUsage(connection, keyId, now)
  const exceeded = before && findExceeded(before)
  if (!before || exceeded) return before && { usage: before, exceeded }

  const usage = addRequest(before)
  const { accountId } = usage
  const { beganAt, count } = minuteOf(usage)
  const minute = { began_at: beganAt, count }
  await connection
    .insertInto('account_minutes')
    .values({ account_id: accountId, ...minute })
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(minute))
    .execute()
  const month = { count: usage.month.used }
  await connection
    .insertInto('account_months')
    .values({ account_id: accountId, month: monthOf(now), ...month })
    .onConflict((conflict) => conflict.columns(['account_id', 'month']).doUpdateSet(month))
    .execute()
  const use = { last_used_at: now }
  await connection
    .insertInto('key_uses')
    .values({ key_id: keyId, ...use })
    .onConflict((conflict) => conflict.column('key_id').doUpdateSet(use))
    .execute()
  return { usage, exceeded: undefined }
}

async function readUsage(db: ControlDatabase, keyId: string, now: number): Promise<AccountUsage | undefined> {
  const row = await db
    .selectFrom('api_keys')
    .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
    .leftJoin('account_minutes', 'account_minutes.account_id', 'accounts.id')
    .leftJoin('account_months', (join) =>
      join
        .onRef('account_months.account_id', '=', 'accounts.id')
        .on('account_months.month', '=', monthOf(now)),
    )
    .select([
      'accounts.id as accountId',
      'plan',
      'account_minutes.began_at as minuteBeganAt',
      'account_minutes.count as minuteCount',
      'account_months.count as monthCount',
    ])
    .where('api_keys.id', '=', keyId)
    .executeTakeFirst()
  return row && describeUsage(row, row, now)
}
