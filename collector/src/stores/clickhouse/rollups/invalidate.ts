import { readStoreClock, type StoreClient } from '../client.js'
import { affectedDays, BUILDS_PER_MS, NEWEST_BUILD } from './period.js'

/** The rollup tables. Each computation of a day (a build) writes its own rows to these tables. */
export const ROLLUP_TABLES = ['visits', 'page_days'] as const

/**
 * Deletes events and invalidates the rollups that depend on them. The rollups are invalidated before and
 * after the deletion, because a rollup that is built during the deletion may contain deleted events.
 *
 * `where` is the SQL condition for the events, with the parameters `params`.
 */
export async function invalidateAround<Result>(
  client: StoreClient,
  { where, params }: { where: string; params: Record<string, unknown> },
  deleteEvents: () => Promise<Result>,
): Promise<Result> {
  const startedAt = await readStoreClock(client)
  await client.command(
    `INSERT INTO settled_days (site_id, day, build, is_settled, visits)
     SELECT DISTINCT site_id, arrayJoin(${affectedDays('toDate(occurred_at)')}) AS day, ${NEWEST_BUILD}, false, 0 FROM events WHERE ${where}`,
    params,
  )
  const result = await deleteEvents()
  await client.command(
    `INSERT INTO settled_days (site_id, day, build, is_settled, visits)
     SELECT site_id, day, ${NEWEST_BUILD}, false, 0 FROM settled_days FINAL WHERE NOT is_settled AND build >= {since: UInt64}`,
    { since: startedAt * BUILDS_PER_MS },
  )
  return result
}

/**
 * Condition for outdated rows of {@link ROLLUP_TABLES}. A row is outdated if `settled_days` contains a newer
 * build of the same day.
 */
export const IS_REPLACED_BUILD = `
  (site_id, day, build) IN (
    SELECT b.site_id, b.day, b.build FROM (${ROLLUP_TABLES.map((table) => `SELECT DISTINCT site_id, day, build FROM ${table}`).join(' UNION DISTINCT ')}) AS b
    INNER JOIN (SELECT site_id, day, build AS last FROM settled_days FINAL) AS l ON l.site_id = b.site_id AND l.day = b.day
    WHERE b.build < l.last)`
