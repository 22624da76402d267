import { DateTime, IANAZone } from 'luxon'
import { DAY_MS, MINUTE_MS } from '../durations.js'
import type { Period } from './report-store.js'

/** A day of a period: its date, and the moment at which its part of the period begins. */
interface PeriodDay {
  /** `YYYY-MM-DD` */
  date: string
  /** ms since the epoch. */
  start: number
}

/**
 * The first moment of the day that `moment` is in.
 *
 * Where clocks are put forward at midnight the day begins at one; where they are put back to midnight, with the first of the two.
 */
export function startOfDay(moment: number, timeZone: string): number {
  return firstOf(inZone(moment, timeZone).startOf('day'))
}

/** The first moment of a `YYYY-MM-DD`; undefined when there is no such date. */
export function startOfDate(date: string, timeZone: string): number | undefined {
  const start = DateTime.fromISO(date, { zone: timeZone })
  return start.isValid ? firstOf(start) : undefined
}

/** The moment of an ISO 8601 date-time, without an offset by the clocks of the time zone; undefined when there is none. */
export function parseMoment(text: string, timeZone: string): number | undefined {
  const moment = DateTime.fromISO(text, { zone: timeZone })
  return moment.isValid ? moment.toMillis() : undefined
}

/** The same time of day so many days later, or earlier. */
export function addDays(moment: number, days: number, timeZone: string): number {
  return inZone(moment, timeZone).plus({ days }).toMillis()
}

export function addMonths(moment: number, months: number, timeZone: string): number {
  return inZone(moment, timeZone).plus({ months }).toMillis()
}

/** The days that a period touches, oldest first. */
export function daysOf({ from, to }: Period, timeZone: string): PeriodDay[] {
  const zone = IANAZone.create(timeZone)
  const days: PeriodDay[] = []
  for (let start = startOfDay(from, timeZone); start < to;) {
    const date = dateOf(start, zone)
    days.push({ date, start: Math.max(start, from) })
    start = startOfNext(start, date, zone)
  }
  return days
}

/** The first moment of the day after: where clocks do not change in between 24 hours later, which is found at a fraction of the cost. */
function startOfNext(start: number, date: string, zone: IANAZone): number {
  const offset = zone.offset(start)
  const isMidnight = (start + offset * MINUTE_MS) % DAY_MS === 0
  if (isMidnight && zone.offset(start + DAY_MS) === offset) return start + DAY_MS
  // Of a day that a zone skipped, as Samoa did, it is that of the next one.
  return startOfDate(new Date(Date.parse(date) + DAY_MS).toISOString().slice(0, 10), zone.name)!
}

function dateOf(moment: number, zone: IANAZone): string {
  return new Date(moment + zone.offset(moment) * MINUTE_MS).toISOString().slice(0, 10)
}

/** Of a time that clocks show twice, the first. */
function firstOf(moment: DateTime<true>): number {
  return Math.min(...moment.getPossibleOffsets().map((one) => one.toMillis()))
}

function inZone(moment: number, timeZone: string): DateTime<true> {
  return DateTime.fromMillis(moment, { zone: timeZone }) as DateTime<true>
}
