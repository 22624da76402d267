import type { Fault } from '@zenovay/tracker/contract'
import { DAY_MS } from '../durations.js'
import { addDays, addMonths, daysOf, parseMoment, startOfDate, startOfDay } from './calendar.js'
import type { Period } from './report-store.js'

/** The periods that end now, by their days. */
export const RANGES = { '24h': 1, '7d': 7, '30d': 30, '90d': 90, '1y': 365 } as const
export type Range = keyof typeof RANGES

/** The longest period, as long as events are kept by default. */
export const LONGEST_PERIOD_MONTHS = 25
const EARLIEST_MS = Date.UTC(2000, 0, 1)
const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/
const NO_MOMENT =
  'must be a date such as 2026-03-29, or a date-time such as 2026-03-29T14:00:00Z (+ is written %2B)'

export interface PeriodQuery {
  range?: Range
  /** Older name of `range`. */
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

/** The period a query asks for, by the site's calendar; 7 days unless it says otherwise. Adds what is wrong to `faults`; then the period means nothing. */
export function parsePeriod(
  { range, timeRange, from, to }: PeriodQuery,
  clock: Clock,
  faults: Fault[],
): ParsedPeriod {
  const name = range ?? timeRange
  if (range !== undefined && timeRange !== undefined)
    faults.push({ field: 'timeRange', reason: 'is another name of range: leave one of them out' })
  if (from === undefined && to === undefined)
    return { name: name ?? '7d', period: periodOf(name ?? '7d', clock) }
  if (name !== undefined)
    faults.push({
      field: range === undefined ? 'timeRange' : 'range',
      reason: 'must be left out beside from and to',
    })
  return { name: 'custom', period: readBounds(from, to, { clock, faults }) }
}

/** `24h` is the last 24 hours; the others are days of the calendar, today the last of them. */
export function periodOf(range: Range, { timeZone, now }: Clock): Period {
  const to = now + 1
  if (range === '24h') return { from: now - DAY_MS, to }
  return { from: startOfDay(addDays(now, 1 - RANGES[range], timeZone), timeZone), to }
}

/**
 * The period before, of the same length: as many days earlier by the calendar when it begins with a day, so that half a day is
 * compared with half a day; otherwise the time that ends where it begins.
 */
export function previousOf({ from, to }: Period, timeZone: string): Period {
  if (startOfDay(from, timeZone) !== from) return { from: from - (to - from), to: from }
  const days = daysOf({ from, to }, timeZone).length
  const start = startOfDay(addDays(from, -days, timeZone), timeZone)
  // Where clocks changed, the same time of day may lie after the period's first moment, or twice on the day.
  return {
    from: start,
    to: Math.min(startOfDay(to, timeZone) === to ? from : addDays(to, -days, timeZone), from),
  }
}

function readBounds(
  from: string | undefined,
  to: string | undefined,
  { clock, faults }: { clock: Clock; faults: Fault[] },
): Period {
  const { timeZone, now } = clock
  const found = faults.length
  const start = from === undefined ? NaN : (readBound(from, timeZone) ?? NaN)
  if (from === undefined) faults.push({ field: 'from', reason: 'is missing beside to' })
  else if (Number.isNaN(start)) faults.push({ field: 'from', reason: NO_MOMENT })
  else if (start > now) faults.push({ field: 'from', reason: 'lies in the future' })
  else if (start < EARLIEST_MS) faults.push({ field: 'from', reason: 'must be in 2000 or later' })

  const end = to === undefined ? now + 1 : (readEnd(to, timeZone) ?? NaN)
  if (Number.isNaN(end)) faults.push({ field: 'to', reason: NO_MOMENT })
  if (faults.length > found) return { from: now, to: now }

  const last = Math.min(end, now + 1)
  if (start >= last) faults.push({ field: 'to', reason: 'must be after from' })
  else if (start < addMonths(last, -LONGEST_PERIOD_MONTHS, timeZone))
    faults.push({ field: 'from', reason: `must be at most ${LONGEST_PERIOD_MONTHS} months before to` })
  return { from: start, to: last }
}

function readBound(text: string, timeZone: string): number | undefined {
  if (DATE.test(text)) return startOfDate(text, timeZone)
  return DATE_TIME.test(text) ? parseMoment(text, timeZone) : undefined
}

/** A day is meant whole; a date-time is the first moment that is not meant. */
function readEnd(text: string, timeZone: string): number | undefined {
  const moment = readBound(text, timeZone)
  if (moment === undefined || !DATE.test(text)) return moment
  return startOfDay(addDays(startOfDay(moment, timeZone) + DAY_MS / 2, 1, timeZone), timeZone)
}

/** Whether a period that a client handed back is one that it could have asked for. */
export function isAllowedPeriod({ from, to }: Period, { timeZone, now }: Clock): boolean {
  return (
    from >= EARLIEST_MS &&
    from < to &&
    to <= now + 1 &&
    from >= addMonths(to, -LONGEST_PERIOD_MONTHS, timeZone)
  )
}
