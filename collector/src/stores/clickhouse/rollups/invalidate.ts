import type { ClickHouseClient } from '@clickhouse/client'
import { BUILDS_PER_MS, NEWEST_BUILD } from './days.js'

/**
 * Takes back the days that some events have a part in, before and after these are deleted: a build that reads them meanwhile does not count.
 *
 * `where` selects the events, with `params`.
 */
export async function invalidateAround<Result>(
  client: ClickHouseClient,
  { where, params }: { where: string; params: Record<string, unknown> },
  deleteEvents: () => Promise<Result>,
): Promise<Result> {
  const [clock] = await (
    await client.query({
      query: 'SELECT toUnixTimestamp64Milli(now64(3)) AS now',
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    })
  ).json<{ now: number }>()
  await client.command({
    // An event is part of visits that began on its day or the one before, and says of a visit of the next day that it began earlier.
    query: `
      INSERT INTO settled_days (site_id, day, build, is_settled, visits)
      SELECT DISTINCT site_id, arrayJoin([toDate(occurred_at) - 1, toDate(occurred_at), toDate(occurred_at) + 1]) AS day, ${NEWEST_BUILD}, false, 0 FROM events WHERE ${where}`,
    query_params: params,
  })
  const result = await deleteEvents()
  await client.command({
    query: `
      INSERT INTO settled_days (site_id, day, build, is_settled, visits)
      SELECT site_id, day, ${NEWEST_BUILD}, false, 0 FROM settled_days FINAL WHERE NOT is_settled AND build >= {since: UInt64}`,
    query_params: { since: clock!.now * BUILDS_PER_MS },
  })
  return result
}

/** Condition of the rows of `visits` and `page_days` that do not count and never will: those of an earlier build than the last word on their day. */
export const REPLACED = `
  (site_id, day, build) IN (
    SELECT b.site_id, b.day, b.build FROM (SELECT DISTINCT site_id, day, build FROM visits UNION DISTINCT SELECT DISTINCT site_id, day, build FROM page_days) AS b
    INNER JOIN (SELECT site_id, day, build AS last FROM settled_days FINAL) AS l ON l.site_id = b.site_id AND l.day = b.day
    WHERE b.build < l.last)`
