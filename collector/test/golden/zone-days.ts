import { DAY_MS, MINUTE_MS } from './golden-month.js'

// No zone is further from UTC, and every clock change since 1972 falls on a quarter of an hour in UTC.
const FURTHEST_MS = 16 * 60 * MINUTE_MS
const STEP_MS = 15 * MINUTE_MS

const formats = new Map<string, Intl.DateTimeFormat>()

/** The calendar date in a time zone, as `YYYY-MM-DD`. */
export function dateIn(timeZone: string, at: number): string {
  let format = formats.get(timeZone)
  if (!format)
    formats.set(
      timeZone,
      (format = new Intl.DateTimeFormat('en-CA', {
        timeZone,
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
      })),
    )
  return format.format(at)
}

const starts = new Map<string, number>()

/** The first moment of a date in a time zone, found by checking its clock every 15 minutes. */
export function startOfDate(timeZone: string, date: string): number {
  const key = `${timeZone} ${date}`
  let at = starts.get(key)
  if (at !== undefined) return at
  at = Date.parse(date) - FURTHEST_MS
  while (dateIn(timeZone, at) < date) at += STEP_MS
  starts.set(key, at)
  return at
}

/** The date a number of calendar days later, or earlier when negative. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10)
}
