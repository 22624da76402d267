import { DAY_MS, MINUTE_MS } from '../../../durations.js'
import type { Period, ReportScope } from '../../../reports/report-store.js'
import type { QueryClient } from '../client.js'
import { VISIT_RULES } from '../queries/visit-parts.js'

/**
 * Maximum time between the receipt of an event and its commit. It includes the time in the queue and ten
 * minutes of retries.
 */
export const MAX_COMMIT_DELAY_MS = 15 * MINUTE_MS
/**
 * Number of different build numbers per millisecond. A build number is the start time of the build multiplied
 * by this value, plus a random number. Build numbers stay below 2^53 until 2039.
 */
export const BUILDS_PER_MS = 4096

/** SQL for the greatest build number that can exist at this moment, according to the store's clock. */
export const NEWEST_BUILD = `toUInt64(toUnixTimestamp64Milli(now64(3))) * ${BUILDS_PER_MS} + ${BUILDS_PER_MS - 1}`

/**
 * The days, counted from the day of an event, on which visits may begin that the event affects. It can belong to a
 * visit that began on the day before. It decides whether the next day continues a visit or begins one, and thereby
 * whether the day after that does.
 */
const AFFECTED_DAYS = [-1, 0, 1, 2]

/** Builds the SQL array of the days whose visits an event on the date `date` affects. */
export const affectedDays = (date: string) =>
  `[${AFFECTED_DAYS.map((days) => `${date} + ${days}`).join(', ')}]`

/** Condition for rows of `settled_days` whose rollup is valid unless a late event has arrived since. */
export const IS_VALID_DAY = `is_settled AND visit_rules = ${VISIT_RULES}`

/** A UTC day with a valid rollup. */
interface RollupDay {
  /** The start of the day, as Unix time in milliseconds. */
  day: number
  build: number
  visits: number
}

/** The days of a period that are read from rollups, and the gaps that are read from events. */
export interface RollupPeriod {
  /** Build numbers of the days that lie entirely within the period. */
  whole: number[]
  /** Build numbers of the days that lie only partly within the period. */
  parts: number[]
  /** The other parts of the period, in ascending order. Their visits are read from the events. */
  gaps: Period[]
  /** Total number of visits in the builds of `whole` and `parts`. */
  visits: number
}

/** A report scope with the rollups of its period. Without rollups, all visits are read from the events. */
export interface RollupScope extends ReportScope {
  rollups?: RollupPeriod | undefined
  /** Whether to count visitors approximately, which takes less time and memory. */
  isSketched?: boolean
}

/** Formats the UTC date of a Unix time in milliseconds as `YYYY-MM-DD`. */
export function toUtcDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

const FIRST_MOMENT = "toUnixTimestamp(toDateTime(day, 'UTC')) * 1000 AS day"

const ROLLUP_DAYS = `
  SELECT ${FIRST_MOMENT}, build, visits FROM (
    SELECT s.day AS day, max(s.build) AS build, argMax(s.visits, s.build) AS visits, argMax(s.is_settled, s.build) AS is_settled, argMax(s.visit_rules, s.build) AS visit_rules
    FROM settled_days AS s WHERE s.site_id = {siteId: String} AND s.day >= {first: Date} AND s.day <= {last: Date} GROUP BY day
  ) WHERE ${IS_VALID_DAY} ORDER BY day`

// Finds days with events that were received since the last check for late events, or shortly before the
// check. The index on `received_at` lets the engine skip most other rows.
const LATE_EVENTS = `
  SELECT ${FIRST_MOMENT}, received FROM (
    SELECT toDate(occurred_at) AS day, toUnixTimestamp64Milli(max(received_at)) AS received FROM events
    WHERE site_id = {siteId: String}
      AND occurred_at >= toDateTime({first: Date}, 'UTC') - INTERVAL 2 DAY AND occurred_at < least(toDateTime({last: Date}, 'UTC') + INTERVAL 2 DAY, toStartOfDay(now64(3, 'UTC')))
      AND received_at >= (SELECT max(checked_at) FROM late_checks) - toIntervalMillisecond({commitDelayMs: UInt32})
    GROUP BY day
  )`

/**
 * Finds the days in a period whose rollups are valid, which means that no event was added since they were
 * built. Resolves to undefined if the period contains no such day.
 */
export async function findRollupPeriod(
  client: QueryClient,
  { siteId, period }: ReportScope,
  commitDelayMs = MAX_COMMIT_DELAY_MS,
): Promise<RollupPeriod | undefined> {
  const params = { siteId, first: toUtcDate(period.from), last: toUtcDate(period.to), commitDelayMs }
  const days = await client.select<RollupDay>(ROLLUP_DAYS, params)
  if (days.length === 0) return undefined
  const late = await client.select<{ day: number; received: number }>(LATE_EVENTS, params)
  const lastReceived = new Map(late.map(({ day, received }) => [day, received]))
  const isValid = ({ day, build }: RollupDay) =>
    AFFECTED_DAYS.every(
      (days) => (lastReceived.get(day - days * DAY_MS) ?? 0) < build / BUILDS_PER_MS - commitDelayMs,
    )
  return splitIntoRollups(period, days.filter(isValid))
}

// The number of gaps is limited because each gap adds a subquery.
const MAX_GAPS = 3

/**
 * Splits a period into days that are read from rollups and gaps that are read from events. `days` must be in
 * ascending order. Returns undefined if no day with a rollup lies in the period.
 */
export function splitIntoRollups({ from, to }: Period, days: readonly RollupDay[]): RollupPeriod | undefined {
  const inside = days.filter(({ day }) => day < to && day + DAY_MS > from)
  for (;;) {
    if (inside.length === 0) return undefined
    const gaps: (Period & { next: number })[] = []
    let reached = from
    for (const [next, { day }] of inside.entries()) {
      if (day > reached) gaps.push({ from: reached, to: day, next })
      reached = day + DAY_MS
    }
    if (reached < to) gaps.push({ from: reached, to, next: inside.length })
    if (gaps.length <= MAX_GAPS) {
      const isWhole = ({ day }: RollupDay) => day >= from && day + DAY_MS <= to
      return {
        whole: inside.filter(isWhole).map(({ build }) => build),
        parts: inside.filter((day) => !isWhole(day)).map(({ build }) => build),
        gaps: gaps.map((gap) => ({ from: gap.from, to: gap.to })),
        visits: inside.reduce((sum, { visits }) => sum + visits, 0),
      }
    }
    // Merge two gaps by reading the days between them from the events as well. Choose the gaps with the
    // fewest days between them.
    const between = gaps
      .slice(1)
      .map(({ next }, index) => ({ start: gaps[index]!.next, count: next - gaps[index]!.next }))
    const fewest = between.reduce((least, run) => (run.count < least.count ? run : least))
    inside.splice(fewest.start, fewest.count)
  }
}
