import type { ReportScope } from '../../../reports/report-store.js'
import type { Ask } from '../client.js'
import {
  BUILDS_PER_MS,
  DAY_MS,
  type RollupDay,
  type RollupPeriod,
  splitIntoRollups,
  UNDER_WAY_MS,
} from './days.js'

const FIRST_MOMENT = "toUnixTimestamp(toDateTime(day, 'UTC')) * 1000 AS day"

const SETTLED = `
  SELECT ${FIRST_MOMENT}, build, visits FROM (
    SELECT s.day AS day, max(s.build) AS build, argMax(s.visits, s.build) AS visits, argMax(s.is_settled, s.build) AS is_settled
    FROM settled_days AS s WHERE s.site_id = {siteId: String} AND s.day >= {first: Date} AND s.day <= {last: Date} GROUP BY day
  ) WHERE is_settled ORDER BY day`

// The index of receipts leaves few rows: those of late events, and of the last minutes.
const LATE = `
  SELECT ${FIRST_MOMENT}, received FROM (
    SELECT toDate(occurred_at) AS day, toUnixTimestamp64Milli(max(received_at)) AS received FROM events
    WHERE site_id = {siteId: String}
      AND occurred_at >= toDateTime({first: Date}, 'UTC') - INTERVAL 1 DAY AND occurred_at < least(toDateTime({last: Date}, 'UTC') + INTERVAL 2 DAY, toStartOfDay(now64(3, 'UTC')))
      AND received_at >= (SELECT max(checked_at) FROM late_checks) - toIntervalMillisecond({underWayMs: UInt32})
    GROUP BY day
  )`

/**
 * What of the period of a scope need not be read from the events: the days that are settled and to which, as far as can be known
 * now, no event was added since. Undefined when there is none.
 */
export async function findRollupPeriod(
  ask: Ask,
  { siteId, period }: ReportScope,
  underWayMs = UNDER_WAY_MS,
): Promise<RollupPeriod | undefined> {
  const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const params = { siteId, first: dateOf(period.from), last: dateOf(period.to), underWayMs }
  const settled = await ask<RollupDay>(SETTLED, params)
  if (settled.length === 0) return undefined
  const late = new Map(
    (await ask<{ day: number; received: number }>(LATE, params)).map(({ day, received }) => [day, received]),
  )
  // An event is part of visits that began on its day or the one before, and says of a visit of the next day that it began earlier.
  const isRight = ({ day, build }: RollupDay) =>
    [day - DAY_MS, day, day + DAY_MS].every(
      (touching) => (late.get(touching) ?? 0) < build / BUILDS_PER_MS - underWayMs,
    )
  return splitIntoRollups(period, settled.filter(isRight))
}
