import { randomInt } from 'node:crypto'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { Rollups, RollupResult } from '../../../reports/rollup-store.js'
import { PAGE_KEY, PAGE_SUMS, pageviewsOf } from '../queries/pages.js'
import { SKETCH } from '../queries/scope.js'
import { ofSessionsBetween, VISIT_COLUMNS, visitsBetween } from '../queries/visits.js'
import { BUILDS_PER_MS, DAY_MS, NEWEST_BUILD, UNDER_WAY_MS } from './days.js'

interface RollupOptions {
  /** With user, password and database where the server wants them. */
  url: string
  /** @default UNDER_WAY_MS */
  underWayMs?: number
}

// Visits go on for a day, and their last events may be under way.
const SETTLED_AFTER_MS = DAY_MS + UNDER_WAY_MS
const TIMEOUT_MS = 10 * 60 * 1000
const DAYS_AT_ONCE = 100
// A question that reads a build is over by then.
const KEEP_REPLACED_MS = 10 * 60 * 1000
const KEEP_UNFINISHED_MS = 60 * 60 * 1000

// Of little weight beside the ingest and the reports.
const SETTINGS = {
  max_threads: 1,
  max_memory_usage: '600000000',
  max_bytes_before_external_group_by: '250000000',
  max_bytes_before_external_sort: '250000000',
  max_execution_time: TIMEOUT_MS / 1000,
  output_format_json_quote_64bit_integers: 0,
} as const

const UNDER_WAY = 'toIntervalMillisecond({underWayMs: UInt32})'

/** The days that events have a part in which were received since a moment, and when the last of them was. */
const touchedSince = (moment: string) => `
  SELECT site_id, arrayJoin([date - 1, date, date + 1]) AS day, max(received) AS received FROM (
    SELECT site_id, toDate(occurred_at) AS date, max(received_at) AS received FROM events
    WHERE received_at >= ${moment} AND occurred_at < toStartOfDay(now64(3, 'UTC')) GROUP BY site_id, date
  ) GROUP BY site_id, day`

const TAKE_BACK_LATE = `
  INSERT INTO settled_days (site_id, day, build, is_settled, visits)
  SELECT s.site_id, s.day, ${NEWEST_BUILD}, false, 0 FROM settled_days AS s FINAL
  INNER JOIN (${touchedSince(`(SELECT max(checked_at) FROM late_checks) - ${UNDER_WAY}`)}) AS t ON t.site_id = s.site_id AND t.day = s.day
  WHERE s.is_settled AND t.received >= fromUnixTimestamp64Milli(toInt64(intDiv(s.build, ${BUILDS_PER_MS}))) - ${UNDER_WAY}`

const DUE = `
  SELECT site_id AS siteId, toUnixTimestamp(toDateTime(day, 'UTC')) * 1000 AS from FROM (
    SELECT site_id, arrayJoin(range(toUInt32(first), toUInt32({end: Date}))) AS number, toDate(number) AS day
    FROM (SELECT site_id, min(toDate(occurred_at)) AS first FROM events WHERE occurred_at < toDateTime({end: Date}, 'UTC') GROUP BY site_id)
  )
  WHERE (site_id, day) NOT IN (SELECT site_id, day FROM settled_days FINAL WHERE is_settled AND build >= {since: UInt64})
    AND (site_id, day) NOT IN (SELECT site_id, day FROM (${touchedSince(`now64(3) - ${UNDER_WAY} - INTERVAL 1 SECOND`)}))
  ORDER BY day DESC, site_id LIMIT ${DAYS_AT_ONCE}`

const BUILD_VISITS = `
  INSERT INTO visits (site_id, day, build, ${VISIT_COLUMNS})
  SELECT {siteId: String}, {day: Date}, {build: UInt64}, ${VISIT_COLUMNS} FROM (${visitsBetween('from', 'to', ofSessionsBetween('from', 'to'))})`

const THIS_BUILD = 'site_id = {siteId: String} AND day = {day: Date} AND build = {build: UInt64}'

const BUILD_PAGES = `
  INSERT INTO page_days (site_id, day, build, origin, path, views, entries, exits, bounces, spent_ms, visitors)
  SELECT {siteId: String}, {day: Date}, {build: UInt64}, ${PAGE_KEY}, ${PAGE_SUMS}, ${SKETCH.replace('(', 'State(')}
  FROM ${pageviewsOf(`(SELECT * FROM visits WHERE ${THIS_BUILD})`)} GROUP BY origin, path`

const RECORD = `
  INSERT INTO settled_days (site_id, day, build, is_settled, visits)
  SELECT {siteId: String}, {day: Date}, {build: UInt64}, true, count() FROM visits WHERE ${THIS_BUILD}`

const UNFINISHED_DELETIONS =
  "SELECT count() AS unfinished FROM system.mutations WHERE database = currentDatabase() AND table = 'events' AND NOT is_done"

const STALE = `
  (site_id, day, build) IN (
    SELECT b.site_id, b.day, b.build FROM (SELECT DISTINCT site_id, day, build FROM {table: Identifier}) AS b
    LEFT JOIN (SELECT site_id, day, build AS last FROM settled_days FINAL) AS l ON l.site_id = b.site_id AND l.day = b.day
    WHERE b.build != l.last AND ((b.build < l.last AND l.last < {replacedBefore: UInt64}) OR b.build < {unfinishedBefore: UInt64}))`

/** Makes of events what reports read of past days. */
export function createRollups({ url, underWayMs = UNDER_WAY_MS }: RollupOptions): Rollups {
  const client = createClient({
    url,
    request_timeout: TIMEOUT_MS,
    use_multipart_params_auto: true,
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: SETTINGS,
  })

  let isClosed = false
  let previous: Promise<unknown> = Promise.resolve()
  const afterPrevious = <Result>(run: () => Promise<Result>): Promise<Result> => {
    const result = previous.then(run)
    previous = result.catch(() => {})
    return result
  }

  async function settleDue({ since, deadline }: { since: number; deadline: number }): Promise<RollupResult> {
    let settled = 0
    for (;;) {
      const end = new Date((await readClock(client)) - SETTLED_AFTER_MS).toISOString().slice(0, 10)
      const due = await select<{ siteId: string; from: number }>(client, DUE, { end, since, underWayMs })
      if (due.length === 0) return { settled, isDone: true }
      for (const day of due) {
        if (isClosed || performance.now() > deadline || (await isDeleting()))
          return { settled, isDone: false }
        await afterPrevious(() => buildDay(client, day))
        settled++
      }
    }
  }

  /** A deletion that takes long goes on by itself: a day must not be made of what is still to go. */
  async function isDeleting(): Promise<boolean> {
    const [deletions] = await select<{ unfinished: number }>(client, UNFINISHED_DELETIONS, {})
    return deletions!.unfinished > 0
  }

  async function takeBackLate(): Promise<void> {
    const checkedAt = (await readClock(client)) / 1000
    await client.command({ query: TAKE_BACK_LATE, query_params: { underWayMs } })
    await client.command({
      query: 'INSERT INTO late_checks SELECT toDateTime64({checkedAt: Float64}, 3)',
      query_params: { checkedAt },
    })
  }

  async function deleteStale(): Promise<void> {
    const now = await readClock(client)
    for (const table of ['visits', 'page_days']) {
      const query_params = {
        table,
        replacedBefore: (now - KEEP_REPLACED_MS) * BUILDS_PER_MS,
        unfinishedBefore: (now - KEEP_UNFINISHED_MS) * BUILDS_PER_MS,
      }
      const [stale] = await select<{ rows: number }>(
        client,
        `SELECT count() AS rows FROM {table: Identifier} WHERE ${STALE}`,
        query_params,
      )
      if (stale!.rows > 0)
        await client.command({ query: `DELETE FROM {table: Identifier} WHERE ${STALE}`, query_params })
    }
  }

  return {
    async rollUp({ forMs }) {
      const deadline = performance.now() + forMs
      await takeBackLate()
      const result = await settleDue({ since: 0, deadline })
      await deleteStale()
      return result
    },
    async rebuild() {
      await takeBackLate()
      const result = await settleDue({ since: (await readClock(client)) * BUILDS_PER_MS, deadline: Infinity })
      await deleteStale()
      return result
    },
    pause: afterPrevious,
    close() {
      isClosed = true
      return client.close()
    },
  }
}

/** Makes one day of one site. What a crash leaves between two steps does not count, and is deleted later. */
async function buildDay(
  client: ClickHouseClient,
  { siteId, from }: { siteId: string; from: number },
): Promise<void> {
  const build = (await readClock(client)) * BUILDS_PER_MS + randomInt(BUILDS_PER_MS - 1)
  const query_params = {
    siteId,
    day: new Date(from).toISOString().slice(0, 10),
    build,
    from,
    to: from + DAY_MS,
  }
  for (const query of [BUILD_VISITS, BUILD_PAGES, RECORD]) await client.command({ query, query_params })
}

/** ms since the epoch of the store: collectors of one store go by one clock. */
async function readClock(client: ClickHouseClient): Promise<number> {
  const [clock] = await select<{ now: number }>(client, 'SELECT toUnixTimestamp64Milli(now64(3)) AS now', {})
  return clock!.now
}

async function select<Row>(
  client: ClickHouseClient,
  query: string,
  query_params: Record<string, unknown>,
): Promise<Row[]> {
  return (await client.query({ query, query_params, format: 'JSONEachRow' })).json<Row>()
}
