import type { Fault } from '@zenovay/tracker/contract'
import { DAY_MS } from '../durations.js'
import { addDays, addMonths, daysOf, parseMoment, startOfDate, startOfDay } from './calendar.js'
import type { Period } from './report-store.js'

/** Periods that end now, by their length in days. */
export const RANGES = { '24h': 1, '7d': 7, '30d': 30, '90d': 90, '1y': 365 } as const
export type Range = keyof typeof RANGES

/** Longest period, equal to the default retention. */
export const LONGEST_PERIOD_MONTHS = 25
const EARLIEST_MS = Date.UTC(2000, 0, 1)
const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/
const INVALID_TIME =
  'must be a date such as 2026-03-29, or a date-time such as 2026-03-29T14:00:00Z (+ is written %2B)'

export interface PeriodQuery {
  range?: Range
  /** Alias of `range`. */
  timeRange?: Range
  from?: string
  to?: string
}

interface Clock {
  timeZone: string
  /** ms since the epoch. */
  now: number
}

interface ParsedPeriod {
  name: Range | 'custom'
  period: Period
}

/** Parses the period of a query in the site's time zone; 7 days by default. With issues added to `issues`, the result is meaningless. */
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
      reason: 'must be left out beside from and to',
    })
  return { name: 'custom', period: parseBounds(from, to, { clock, issues }) }
}

/** `24h` is the last 24 hours; the others are calendar days, including today. */
export function periodOf(range: Range, { timeZone, now }: Clock): Period {
  const to = now + 1
  if (range === '24h') return { from: now - DAY_MS, to }
  return { from: startOfDay(addDays(now, 1 - RANGES[range], timeZone), timeZone), to }
}

/**
 * The previous period of the same length. A period that starts with a day moves back by whole calendar days, so that a
 * half day is compared with a half day; any other moves back by its duration.
 */
export function previousOf({ from, to }: Period, timeZone: string): Period {
  if (startOfDay(from, timeZone) !== from) return { from: from - (to - from), to: from }
  const days = daysOf({ from, to }, timeZone).length
  const start = startOfDay(addDays(from, -days, timeZone), timeZone)
  // After a clock change, the same time of day may be later than the start of the period, or occur twice.
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
  if (from === undefined) issues.push({ field: 'from', reason: 'is missing beside to' })
  else if (Number.isNaN(start)) issues.push({ field: 'from', reason: INVALID_TIME })
  else if (start > now) issues.push({ field: 'from', reason: 'lies in the future' })
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

/** The exclusive end: a date includes the whole day, a date-time is excluded itself. */
function parseEnd(text: string, timeZone: string): number | undefined {
  const moment = parseBound(text, timeZone)
  if (moment === undefined || !DATE.test(text)) return moment
  return startOfDay(addDays(startOfDay(moment, timeZone) + DAY_MS / 2, 1, timeZone), timeZone)
}

/** Whether the period of a cursor is one that a query could select. */
export function isAllowedPeriod({ from, to }: Period, { timeZone, now }: Clock): boolean {
  return (
    from >= EARLIEST_MS &&
    from < to &&
    to <= now + 1 &&
    from >= addMonths(to, -LONGEST_PERIOD_MONTHS, timeZone)
  )
}
