import type { Period } from '../../src/reports/report-store.js'
import { DAY_MS, NOW } from './golden-month.js'
import { addDays, dateIn, startOfDate } from './zone-days.js'

const RANGE_DAYS = { '7d': 7, '30d': 30, '90d': 90, '1y': 365 } as const
export const RANGES = ['24h', '7d', '30d', '90d', '1y'] as const
export type Range = (typeof RANGES)[number]

/** The period of a range as defined in docs/metrics.md. */
export function periodOfRange(range: Range, timeZone: string): Period {
  if (range === '24h') return { from: NOW - DAY_MS, to: NOW + 1 }
  return { from: startOfDate(timeZone, addDays(dateIn(timeZone, NOW), 1 - RANGE_DAYS[range])), to: NOW + 1 }
}

/** Whole calendar days, both included. */
export function periodOfDates(first: string, last: string, timeZone: string): Period {
  return { from: startOfDate(timeZone, first), to: startOfDate(timeZone, addDays(last, 1)) }
}

/** The days that a period touches, each with the first of its moments within the period. */
export function daysOfPeriod({ from, to }: Period, timeZone: string): { date: string; start: number }[] {
  const days: { date: string; start: number }[] = []
  for (let date = dateIn(timeZone, from); date <= dateIn(timeZone, to - 1); date = addDays(date, 1))
    days.push({ date, start: Math.max(from, startOfDate(timeZone, date)) })
  return days
}

/**
 * The same number of calendar days earlier. The last day is covered to the same time of day; no clock
 * changes on it or on the day it is compared with, so the time since midnight equals local time.
 */
export function periodBefore({ from, to }: Period, timeZone: string): Period {
  if (startOfDate(timeZone, dateIn(timeZone, from)) !== from) return { from: from - (to - from), to: from }
  const days = daysOfPeriod({ from, to }, timeZone).length
  const shift = (at: number) => {
    const date = dateIn(timeZone, at)
    return startOfDate(timeZone, addDays(date, -days)) + (at - startOfDate(timeZone, date))
  }
  return { from: shift(from), to: shift(to) }
}
