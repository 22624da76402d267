import { DateTime } from 'luxon'
import type { Period } from '../stores/report-store.js'

const DAY_MS = 24 * 60 * 60 * 1000

/** A day of a period: its date, and the moment at which its part of the period begins. */
export interface PeriodDay {
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
export function readMoment(text: string, timeZone: string): number | undefined {
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
  const days: PeriodDay[] = []
  for (let date = dateOf(from, timeZone); ; date = dayAfter(date)) {
    const start = startOfDate(date, timeZone)!
    if (start >= to) return days
    // Samoa skipped a day: its first moment is that of the next one.
    if (dateOf(start, timeZone) === date) days.push({ date, start: Math.max(start, from) })
  }
}

function dateOf(moment: number, timeZone: string): string {
  return inZone(moment, timeZone).toISODate()
}

function dayAfter(date: string): string {
  return new Date(Date.parse(date) + DAY_MS).toISOString().slice(0, 10)
}

/** Of a time that clocks show twice, the first. */
function firstOf(moment: DateTime<true>): number {
  return Math.min(...moment.getPossibleOffsets().map((one) => one.toMillis()))
}

function inZone(moment: number, timeZone: string): DateTime<true> {
  return DateTime.fromMillis(moment, { zone: timeZone }) as DateTime<true>
}
