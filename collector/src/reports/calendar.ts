import { DateTime, IANAZone } from 'luxon'
import { DAY_MS, MINUTE_MS } from '../durations.js'
import type { Period } from './report-store.js'

/** A day of a period. */
interface PeriodDay {
  /** `YYYY-MM-DD` */
  date: string
  /** Start of the day, or of the period on its first day; ms since the epoch. */
  start: number
}

/**
 * Start of the day of a `moment` (ms since the epoch).
 *
 * Where clocks go forward at midnight, the day starts at 01:00; where midnight occurs twice, at the first one.
 */
export function startOfDay(moment: number, timeZone: string): number {
  return firstOf(inZone(moment, timeZone).startOf('day'))
}

/** Start of a `YYYY-MM-DD`; undefined for an invalid date. */
export function startOfDate(date: string, timeZone: string): number | undefined {
  const start = DateTime.fromISO(date, { zone: timeZone })
  return start.isValid ? firstOf(start) : undefined
}

/** Parses an ISO 8601 date-time, in the time zone unless it has an offset; undefined for an invalid one. */
export function parseMoment(text: string, timeZone: string): number | undefined {
  const moment = DateTime.fromISO(text, { zone: timeZone })
  return moment.isValid ? moment.toMillis() : undefined
}

/** The same time of day, `days` later; negative for earlier. */
export function addDays(moment: number, days: number, timeZone: string): number {
  return inZone(moment, timeZone).plus({ days }).toMillis()
}

/** The same time of day, `months` later; negative for earlier. */
export function addMonths(moment: number, months: number, timeZone: string): number {
  return inZone(moment, timeZone).plus({ months }).toMillis()
}

/** The days that overlap a period, oldest first. */
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

/** Start of the next day. Without a clock change that is 24 hours later, computed at a fraction of luxon's cost. */
function startOfNextDay(start: number, date: string, zone: IANAZone): number {
  const offset = zone.offset(start)
  const isMidnight = (start + offset * MINUTE_MS) % DAY_MS === 0
  if (isMidnight && zone.offset(start + DAY_MS) === offset) return start + DAY_MS
  // For a date that the zone skipped, as Samoa did in 2011, luxon returns the start of the next one.
  return startOfDate(new Date(Date.parse(date) + DAY_MS).toISOString().slice(0, 10), zone.name)!
}

function dateOf(moment: number, zone: IANAZone): string {
  return new Date(moment + zone.offset(moment) * MINUTE_MS).toISOString().slice(0, 10)
}

/** The first of two moments with the same clock time. */
function firstOf(moment: DateTime<true>): number {
  return Math.min(...moment.getPossibleOffsets().map((one) => one.toMillis()))
}

function inZone(moment: number, timeZone: string): DateTime<true> {
  return DateTime.fromMillis(moment, { zone: timeZone }) as DateTime<true>
}
