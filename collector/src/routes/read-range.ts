import type { Fault } from '@zenovay/tracker/contract'
import { ApiError } from '../errors.js'
import type { Period } from '../stores/report-store.js'

const DAY_MS = 24 * 60 * 60 * 1000
const RANGES = { '24h': 1, '7d': 7, '30d': 30, '90d': 90, '1y': 365 } as const
const MAX_LIMIT = 1000

export type Range = keyof typeof RANGES

export interface RangeQuery {
  range?: string
  /** Older name of `range`. */
  timeRange?: string
  limit?: string
}

export interface ReportQuery {
  range: Range
  period: Period
  limit: number
}

/** Reads the query of a report; 7 days and 10 rows unless it says otherwise. Throws `VALIDATION_ERROR` with every fault. */
export function readReportQuery({ range, timeRange, limit = '10' }: RangeQuery, now: number): ReportQuery {
  const faults: Fault[] = []
  const name = range ?? timeRange ?? '7d'
  if (!Object.hasOwn(RANGES, name)) faults.push({ field: range === undefined ? 'timeRange' : 'range', reason: `must be one of ${Object.keys(RANGES).join(', ')}` })
  const rows = Number(limit)
  if (!Number.isInteger(rows) || rows < 1 || rows > MAX_LIMIT) faults.push({ field: 'limit', reason: `must be a whole number from 1 to ${MAX_LIMIT}` })
  if (faults.length > 0) throw new ApiError('VALIDATION_ERROR', { details: faults })
  return { range: name as Range, period: periodOf(name as Range, now), limit: rows }
}

/** `24h` is the last 24 hours; the others are whole UTC days, today among them. */
export function periodOf(range: Range, now: number): Period {
  const to = now + 1
  if (range === '24h') return { from: now - DAY_MS, to }
  const today = now - (now % DAY_MS)
  return { from: today - (RANGES[range] - 1) * DAY_MS, to }
}

/** The UTC days a period touches, oldest first, as `YYYY-MM-DD`. */
export function daysOf({ from, to }: Period): string[] {
  const days: string[] = []
  for (let day = from - (from % DAY_MS); day < to; day += DAY_MS) days.push(new Date(day).toISOString().slice(0, 10))
  return days
}
