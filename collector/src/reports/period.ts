import type { Fault } from '@zenovay/tracker/contract'
import { DateTime, IANAZone } from 'luxon'
import { DAY_MS, MINUTE_MS } from '../durations.js'
import type { Period } from './report-store.js'

/** Named periods that end now, with their length in days. */
export const RANGES = { '24h': 1, '7d': 7, '30d': 30, '90d': 90, '1y': 365 } as const
export type Range = keyof typeof RANGES

/** Maximum length of a report period in months, which equals the default retention. */
export const LONGEST_PERIOD_MONTHS = 25
const EARLIEST_MS = Date.UTC(2000, 0, 1)
const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/
const INVALID_TIME =
  'must be a date such as 2026-03-29, or a date-time such as 2026-03-29T14:00:00Z (+ is written %2B)'

export interface PeriodQuery {
  range?: Range
  /** Deprecated alias of `range`. */
  timeRange?: Range
  from?: string
  to?: string
}

interface Clock {
  timeZone: string
  /** Unix time in milliseconds. */
  now: number
}

interface ParsedPeriod {
  name: Range | 'custom'
  period: Period
}

/**
 * Parses the period of a query in the site's time zone. The default is the last 7 days. Adds an entry to
 * `issues` for each invalid parameter. In that case, do not use the returned period.
 */
export function parsePeriod(
  { range, timeRange, from, to }: PeriodQuery,
  clock: Clock,
  issues: Fault[],
): ParsedPeriod {
  const name = range ?? timeRange
  if (range !== undefined && timeRange !== undefined)
    issues.push({ field: 'timeRange', reason: 'is an alias of range: leave one of them out' })
  if (from === undefined && to === undefined)
    return { name: name ?? '7d', period: periodOf(name ?? '7d', clock) }
  if (name !== undefined)
    issues.push({
      field: range === undefined ? 'timeRange' : 'range',
      reason: 'cannot be combined with from and to',
    })
  return { name: 'custom', period: parseBounds(from, to, { clock, issues }) }
}

/**
 * Returns the period of a named range. `24h` covers the last 24 hours. All other ranges cover calendar days
 * up to and including today.
 */
export function periodOf(range: Range, { timeZone, now }: Clock): Period {
  const to = now + 1
  if (range === '24h') return { from: now - DAY_MS, to }
  return { from: startOfDay(addDays(now, 1 - RANGES[range], timeZone), timeZone), to }
}

/**
 * Returns the previous period of the same length. If the period begins at the start of a day, it is moved
 * back by whole calendar days, so that half a day is compared with half a day. Any other period is moved back
 * by its duration.
 */
export function previousOf({ from, to }: Period, timeZone: string): Period {
  if (startOfDay(from, timeZone) !== from) return { from: from - (to - from), to: from }
  const days = daysOf({ from, to }, timeZone).length
  const start = startOfDay(addDays(from, -days, timeZone), timeZone)
  // Limit the end to the start of the current period. Otherwise, a clock change could make the two periods
  // overlap.
  return {
    from: start,
    to: Math.min(startOfDay(to, timeZone) === to ? from : addDays(to, -days, timeZone), from),
  }
}

function parseBounds(
  from: string | undefined,
  to: string | undefined,
  { clock, issues }: { clock: Clock; issues: Fault[] },
): Period {
  const { timeZone, now } = clock
  const found = issues.length
  const start = from === undefined ? NaN : (parseBound(from, timeZone) ?? NaN)
  if (from === undefined) issues.push({ field: 'from', reason: 'is required with to' })
  else if (Number.isNaN(start)) issues.push({ field: 'from', reason: INVALID_TIME })
  else if (start > now) issues.push({ field: 'from', reason: 'must not be in the future' })
  else if (start < EARLIEST_MS) issues.push({ field: 'from', reason: 'must be in 2000 or later' })

  const end = to === undefined ? now + 1 : (parseEnd(to, timeZone) ?? NaN)
  if (Number.isNaN(end)) issues.push({ field: 'to', reason: INVALID_TIME })
  if (issues.length > found) return { from: now, to: now }

  const last = Math.min(end, now + 1)
  if (start >= last) issues.push({ field: 'to', reason: 'must be after from' })
  else if (start < addMonths(last, -LONGEST_PERIOD_MONTHS, timeZone))
    issues.push({ field: 'from', reason: `must be at most ${LONGEST_PERIOD_MONTHS} months before to` })
  return { from: start, to: last }
}

function parseBound(text: string, timeZone: string): number | undefined {
  if (DATE.test(text)) return startOfDate(text, timeZone)
  return DATE_TIME.test(text) ? parseMoment(text, timeZone) : undefined
}

/**
 * Parses the exclusive end of a period. If the text is a date, the period ends at the start of the next day.
 * Returns undefined if the text is invalid.
 */
function parseEnd(text: string, timeZone: string): number | undefined {
  const moment = parseBound(text, timeZone)
  if (moment === undefined || !DATE.test(text)) return moment
  return startOfDay(addDays(startOfDay(moment, timeZone) + DAY_MS / 2, 1, timeZone), timeZone)
}

/**
 * Checks whether a period that was read from a cursor is within the limits for the `from` and `to`
 * parameters.
 */
export function isAllowedPeriod({ from, to }: Period, { timeZone, now }: Clock): boolean {
  return (
    from >= EARLIEST_MS &&
    from < to &&
    to <= now + 1 &&
    from >= addMonths(to, -LONGEST_PERIOD_MONTHS, timeZone)
  )
}

/** A calendar day of a report period. */
interface PeriodDay {
  /** The date in the form `YYYY-MM-DD`. */
  date: string
  /** Start of the day, or start of the period if that is later. Unix time in milliseconds. */
  start: number
}

/**
 * Returns the start of the day that contains `moment`. Both are Unix times in milliseconds.
 *
 * If clocks are set forward at midnight, the day starts at 01:00. If midnight occurs twice, the day starts at
 * the first one.
 */
export function startOfDay(moment: number, timeZone: string): number {
  return firstOf(inZone(moment, timeZone).startOf('day'))
}

/** Returns the start of a `YYYY-MM-DD` date, or undefined if the date is invalid. */
export function startOfDate(date: string, timeZone: string): number | undefined {
  const start = DateTime.fromISO(date, { zone: timeZone })
  return start.isValid ? firstOf(start) : undefined
}

/**
 * Parses an ISO 8601 date-time. The time zone is used only if the text contains no offset. Returns undefined
 * if the text is invalid.
 */
export function parseMoment(text: string, timeZone: string): number | undefined {
  const moment = DateTime.fromISO(text, { zone: timeZone })
  return moment.isValid ? moment.toMillis() : undefined
}

/** Returns the same time of day `days` later, or earlier if `days` is negative. */
export function addDays(moment: number, days: number, timeZone: string): number {
  return inZone(moment, timeZone).plus({ days }).toMillis()
}

/** Returns the same time of day `months` later, or earlier if `months` is negative. */
export function addMonths(moment: number, months: number, timeZone: string): number {
  return inZone(moment, timeZone).plus({ months }).toMillis()
}

/** Returns the calendar days that overlap a period, oldest first. */
export function daysOf({ from, to }: Period, timeZone: string): PeriodDay[] {
  const zone = IANAZone.create(timeZone)
  const days: PeriodDay[] = []
  for (let start = startOfDay(from, timeZone); start < to;) {
    const date = dateOf(start, zone)
    days.push({ date, start: Math.max(start, from) })
    start = startOfNextDay(start, date, zone)
  }
  return days
}

/**
 * Returns the start of the next day. If the clocks do not change, this function adds 24 hours, which is much
 * faster than luxon.
 */
function startOfNextDay(start: number, date: string, zone: IANAZone): number {
  const offset = zone.offset(start)
  const isMidnight = (start + offset * MINUTE_MS) % DAY_MS === 0
  if (isMidnight && zone.offset(start + DAY_MS) === offset) return start + DAY_MS
  // If the time zone skipped the date, as Samoa skipped 30 December 2011, luxon returns the start of the
  // following date.
  return startOfDate(new Date(Date.parse(date) + DAY_MS).toISOString().slice(0, 10), zone.name)!
}

function dateOf(moment: number, zone: IANAZone): string {
  return new Date(moment + zone.offset(moment) * MINUTE_MS).toISOString().slice(0, 10)
}

/**
 * Returns the earliest moment with the same local time. When clocks are set back, a local time occurs twice.
 */
function firstOf(moment: DateTime<true>): number {
  return Math.min(...moment.getPossibleOffsets().map((one) => one.toMillis()))
}

function inZone(moment: number, timeZone: string): DateTime<true> {
  return DateTime.fromMillis(moment, { zone: timeZone }) as DateTime<true>
}
