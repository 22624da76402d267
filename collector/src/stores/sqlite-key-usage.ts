import {
  addRequest,
  describeUsage,
  findExceeded,
  minuteOf,
  monthOf,
  type KeyUsage,
} from '../auth/key-usage.js'
import type { ControlStore } from './control-store.js'
import type { ControlDatabase } from './control-tables.js'
import { runExclusively } from './run-exclusively.js'

type KeyUsages = Pick<ControlStore, 'countRequest' | 'readUsage'>
type Counted = Awaited<ReturnType<ControlStore['countRequest']>>

interface WaitingRequest {
  keyId: string
  now: number
  resolve: (counted: Counted) => void
  reject: (reason: unknown) => void
}

/** What the API keys of the control data have used. */
export function createSqliteKeyUsage(db: ControlDatabase): KeyUsages {
  let waiting: WaitingRequest[] = []

  // Requests that came together share one commit: each of them waits for the disk, and so does every other request of this process meanwhile.
  const countWaiting = async () => {
    const requests = waiting
    waiting = []
    try {
      const counted = await runExclusively(db, async (connection) => {
        const results: Counted[] = []
        for (const { keyId, now } of requests) results.push(await count(connection, keyId, now))
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

/** Counts one request, unless a limit is exceeded, in the transaction of its caller. */
async function count(connection: ControlDatabase, keyId: string, now: number): Promise<Counted> {
  const before = await readUsage(connection, keyId, now)
  const exceeded = before && findExceeded(before)
  if (!before || exceeded) return before && { usage: before, exceeded }

  const usage = addRequest(before)
  const { beganAt, count: minuteCount } = minuteOf(usage)
  const minute = { minute_began_at: beganAt, minute_count: minuteCount, last_used_at: now }
  await connection
    .insertInto('key_usage')
    .values({ key_id: keyId, ...minute })
    .onConflict((conflict) => conflict.column('key_id').doUpdateSet(minute))
    .execute()
  const month = { count: usage.month.used }
  await connection
    .insertInto('key_months')
    .values({ key_id: keyId, month: monthOf(now), ...month })
    .onConflict((conflict) => conflict.columns(['key_id', 'month']).doUpdateSet(month))
    .execute()
  return { usage, exceeded: undefined }
}

async function readUsage(db: ControlDatabase, keyId: string, now: number): Promise<KeyUsage | undefined> {
  const row = await db
    .selectFrom('api_keys')
    .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
    .leftJoin('key_usage', 'key_usage.key_id', 'api_keys.id')
    .leftJoin('key_months', (join) =>
      join.onRef('key_months.key_id', '=', 'api_keys.id').on('key_months.month', '=', monthOf(now)),
    )
    .select([
      'plan',
      'minute_began_at as minuteBeganAt',
      'minute_count as minuteCount',
      'key_months.count as monthCount',
    ])
    .where('api_keys.id', '=', keyId)
    .executeTakeFirst()
  return row && describeUsage(row.plan, row, now)
}
