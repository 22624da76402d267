import { randomInt } from 'node:crypto'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../durations.js'
import type { RollupResult, Rollups } from '../../../reports/rollup-store.js'
import { createStoreClient, momentSql, readStoreClock, type StoreClient } from '../client.js'
import { PAGE_COLUMNS, PAGE_KEY, PAGE_SUMS, pageviewsOf } from '../queries/pages.js'
import { ofSessionsBetween, VISIT_RULES } from '../queries/visit-parts.js'
import { countVisitorsSql, VISIT_COLUMNS, visitsBetween } from '../queries/visits.js'
import type { StoreServer } from '../store-server.js'
import { ROLLUP_TABLES } from './invalidate.js'
import {
  affectedDays,
  BUILDS_PER_MS,
  IS_VALID_DAY,
  MAX_COMMIT_DELAY_MS,
  NEWEST_BUILD,
  toUtcDate,
} from './period.js'

type RollupOptions = StoreServer & {
  /** Maximum time between the receipt of an event and its commit. @default MAX_COMMIT_DELAY_MS */
  commitDelayMs?: number
}

// Time from the end of a day until its visits are complete. A visit may continue on the next UTC day, and its last
// events may be committed late.
const COMPLETE_AFTER_MS = DAY_MS + MAX_COMMIT_DELAY_MS
const DAYS_AT_ONCE = 100
// Replaced builds are kept until all queries that may still read them have finished.
const KEEP_REPLACED_MS = 10 * MINUTE_MS
const KEEP_UNFINISHED_MS = HOUR_MS

const COMMIT_DELAY = 'toIntervalMillisecond({commitDelayMs: UInt32})'

/**
 * Builds a query for the days that depend on events received since `moment`. For each day, `received` is the
 * latest receipt of such an event.
 */
const affectedSince = (moment: string) => `
  SELECT site_id, arrayJoin(${affectedDays('date')}) AS day, max(received) AS received FROM (
    SELECT site_id, toDate(occurred_at) AS date, max(received_at) AS received FROM events
    WHERE received_at >= ${moment} AND occurred_at < toStartOfDay(now64(3, 'UTC')) GROUP BY site_id, date
  ) GROUP BY site_id, day`

const INVALIDATE_LATE = `
  INSERT INTO settled_days (site_id, day, build, is_settled, visits)
  SELECT s.site_id, s.day, ${NEWEST_BUILD}, false, 0 FROM settled_days AS s FINAL
  INNER JOIN (${affectedSince(`(SELECT max(checked_at) FROM late_checks) - ${COMMIT_DELAY}`)}) AS t ON t.site_id = s.site_id AND t.day = s.day
  WHERE s.is_settled AND t.received >= fromUnixTimestamp64Milli(toInt64(intDiv(s.build, ${BUILDS_PER_MS}))) - ${COMMIT_DELAY}`

const DUE_DAYS = `
  SELECT site_id AS siteId, toUnixTimestamp(toDateTime(day, 'UTC')) * 1000 AS from FROM (
    SELECT site_id, arrayJoin(range(toUInt32(first), toUInt32({end: Date}))) AS number, toDate(number) AS day
    FROM (SELECT site_id, min(toDate(occurred_at)) AS first FROM events WHERE occurred_at < toDateTime({end: Date}, 'UTC') GROUP BY site_id)
  )
  WHERE (site_id, day) NOT IN (SELECT site_id, day FROM settled_days FINAL WHERE ${IS_VALID_DAY} AND build >= {since: UInt64})
    AND (site_id, day) NOT IN (SELECT site_id, day FROM (${affectedSince(`now64(3) - ${COMMIT_DELAY} - INTERVAL 1 SECOND`)}))
  ORDER BY day DESC, site_id LIMIT ${DAYS_AT_ONCE}`

const INSERT_VISITS = `
  INSERT INTO visits (site_id, day, build, ${VISIT_COLUMNS}, readings)
  SELECT {siteId: String}, {day: Date}, {build: UInt64}, ${VISIT_COLUMNS}, readings FROM (${visitsBetween('from', 'to', ofSessionsBetween('from', 'to'), { withReadings: true })})`

const THIS_BUILD = 'site_id = {siteId: String} AND day = {day: Date} AND build = {build: UInt64}'

const INSERT_PAGES = `
  INSERT INTO page_days (site_id, day, build, origin, path, ${PAGE_COLUMNS.join(', ')}, visitors)
  SELECT {siteId: String}, {day: Date}, {build: UInt64}, ${PAGE_KEY}, ${PAGE_SUMS}, ${countVisitorsSql({ isSketched: true, asState: true })}
  FROM ${pageviewsOf(`(SELECT * FROM visits WHERE ${THIS_BUILD})`)} GROUP BY origin, path`

const INSERT_DAY = `
  INSERT INTO settled_days (site_id, day, build, is_settled, visits, visit_rules)
  SELECT {siteId: String}, {day: Date}, {build: UInt64}, true, count(), ${VISIT_RULES} FROM visits WHERE ${THIS_BUILD}`

const UNFINISHED_DELETIONS =
  "SELECT count() AS unfinished FROM system.mutations WHERE database = currentDatabase() AND table = 'events' AND NOT is_done"

const IS_STALE = `
  (site_id, day, build) IN (
    SELECT b.site_id, b.day, b.build FROM (SELECT DISTINCT site_id, day, build FROM {table: Identifier}) AS b
    LEFT JOIN (SELECT site_id, day, build AS last FROM settled_days FINAL) AS l ON l.site_id = b.site_id AND l.day = b.day
    WHERE b.build != l.last AND ((b.build < l.last AND l.last < {replacedBefore: UInt64}) OR b.build < {unfinishedBefore: UInt64}))`

/** Creates the daily rollups, which reports read instead of the events of past days. */
export function createRollups({ commitDelayMs = MAX_COMMIT_DELAY_MS, ...server }: RollupOptions): Rollups {
  const client = createStoreClient({ ...server, purpose: 'rollups' })

  let isClosed = false
  let previous: Promise<unknown> = Promise.resolve()
  const afterPrevious = <Result>(run: () => Promise<Result>): Promise<Result> => {
    const result = previous.then(run)
    previous = result.catch(() => {})
    return result
  }

  async function rollUpDueDays({
    since,
    deadline,
  }: {
    since: number
    deadline: number
  }): Promise<RollupResult> {
    let days = 0
    for (;;) {
      const end = toUtcDate((await readStoreClock(client)) - COMPLETE_AFTER_MS)
      const due = await client.select<{ siteId: string; from: number }>(DUE_DAYS, {
        end,
        since,
        commitDelayMs,
      })
      if (due.length === 0) return { rolledUpDays: days, isDone: true }
      for (const day of due) {
        if (isClosed || performance.now() > deadline || (await isDeleting()))
          return { rolledUpDays: days, isDone: false }
        await afterPrevious(() => buildDay(client, day))
        days++
      }
    }
  }

  /**
   * Checks whether a deletion is still running in the background. No rollup may be built in the meantime,
   * because it would contain rows that are about to be deleted.
   */
  async function isDeleting(): Promise<boolean> {
    const [deletions] = await client.select<{ unfinished: number }>(UNFINISHED_DELETIONS)
    return deletions!.unfinished > 0
  }

  async function invalidateLate(): Promise<void> {
    const checkedAt = await readStoreClock(client)
    await client.command(INVALIDATE_LATE, { commitDelayMs })
    await client.command(`INSERT INTO late_checks SELECT ${momentSql('checkedAt')}`, { checkedAt })
  }

  async function deleteStale(): Promise<void> {
    const now = await readStoreClock(client)
    for (const table of ROLLUP_TABLES) {
      const params = {
        table,
        replacedBefore: (now - KEEP_REPLACED_MS) * BUILDS_PER_MS,
        unfinishedBefore: (now - KEEP_UNFINISHED_MS) * BUILDS_PER_MS,
      }
      const [stale] = await client.select<{ rows: number }>(
        `SELECT count() AS rows FROM {table: Identifier} WHERE ${IS_STALE}`,
        params,
      )
      if (stale!.rows > 0) await client.command(`DELETE FROM {table: Identifier} WHERE ${IS_STALE}`, params)
    }
  }

  return {
    async rollUp({ forMs }) {
      const deadline = performance.now() + forMs
      await invalidateLate()
      const result = await rollUpDueDays({ since: 0, deadline })
      await deleteStale()
      return result
    },
    async rebuild() {
      await invalidateLate()
      const since = (await readStoreClock(client)) * BUILDS_PER_MS
      const result = await rollUpDueDays({ since, deadline: Infinity })
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

/**
 * Builds the rollup of one day for one site. If a crash interrupts the build, its rows are never read and are
 * deleted later.
 */
async function buildDay(
  client: StoreClient,
  { siteId, from }: { siteId: string; from: number },
): Promise<void> {
  const build = (await readStoreClock(client)) * BUILDS_PER_MS + randomInt(BUILDS_PER_MS - 1)
  const params = { siteId, day: toUtcDate(from), build, from, to: from + DAY_MS }
  for (const sql of [INSERT_VISITS, INSERT_PAGES, INSERT_DAY]) await client.command(sql, params)
}
