import { readStoreClock, type StoreClient } from '../client.js'
import { BUILDS_PER_MS, NEWEST_BUILD } from './period.js'

/** The rollup tables. Each build, one computation of one day, writes its own rows to them. */
export const ROLLUP_TABLES = ['visits', 'page_days'] as const

/**
 * Invalidates the rollups that depend on some events, before and after deleting these: a build that reads
 * them meanwhile is not valid.
 *
 * `where` selects the events, with `params`.
 */
export async function invalidateAround<Result>(
  client: StoreClient,
  { where, params }: { where: string; params: Record<string, unknown> },
  deleteEvents: () => Promise<Result>,
): Promise<Result> {
  const startedAt = await readStoreClock(client)
  // An event affects visits that began on its day or the day before; and a visit of the next day, which then
  // began earlier.
  await client.command(
    `INSERT INTO settled_days (site_id, day, build, is_settled, visits)
     SELECT DISTINCT site_id, arrayJoin([toDate(occurred_at) - 1, toDate(occurred_at), toDate(occurred_at) + 1]) AS day, ${NEWEST_BUILD}, false, 0 FROM events WHERE ${where}`,
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

/** Condition of rows of {@link ROLLUP_TABLES} with invalid builds: older than the last entry of their day. */
export const IS_REPLACED_BUILD = `
  (site_id, day, build) IN (
    SELECT b.site_id, b.day, b.build FROM (${ROLLUP_TABLES.map((table) => `SELECT DISTINCT site_id, day, build FROM ${table}`).join(' UNION DISTINCT ')}) AS b
    INNER JOIN (SELECT site_id, day, build AS last FROM settled_days FINAL) AS l ON l.site_id = b.site_id AND l.day = b.day
    WHERE b.build < l.last)`
