import { MINUTE_MS } from '../../durations.js'
import { type PlanName, PLANS } from '../accounts.js'

/** The used part of a limit. */
export interface LimitState {
  limit: number
  used: number
  /** The time when `used` returns to 0, ms since the epoch. */
  resetsAt: number
}

/**
 * Usage of a key per minute, which begins with the first request after the previous minute, and per calendar
 * month, UTC.
 */
export interface KeyUsage {
  plan: PlanName
  minute: LimitState
  month: LimitState
}

/** Stored counts of a key; null without requests. Times are ms since the epoch. */
interface CountedRequests {
  minuteBeganAt: number | null
  minuteCount: number | null
  monthCount: number | null
}

/** The usage at a moment, from stored counts. */
export function describeUsage(
  plan: PlanName,
  { minuteBeganAt, minuteCount, monthCount }: CountedRequests,
  now: number,
): KeyUsage {
  // A clock less than a minute behind, of another collector or set back, continues the current minute. One
  // further behind begins a new minute.
  const isCurrent = minuteBeganAt !== null && Math.abs(now - minuteBeganAt) < MINUTE_MS
  const { perMinute, perMonth } = PLANS[plan]
  return {
    plan,
    minute: {
      limit: perMinute,
      used: isCurrent ? minuteCount! : 0,
      resetsAt: (isCurrent ? minuteBeganAt : now) + MINUTE_MS,
    },
    month: { limit: perMonth, used: monthCount ?? 0, resetsAt: startOfNextMonth(now) },
  }
}

/** The limit that refuses another request. The month comes first: waiting for a minute would not help. */
export function findExceeded({ minute, month }: KeyUsage): 'minute' | 'month' | undefined {
  if (month.used >= month.limit) return 'month'
  return minute.used >= minute.limit ? 'minute' : undefined
}

/** The usage after one more request. */
export function addRequest({ plan, minute, month }: KeyUsage): KeyUsage {
  return { plan, minute: { ...minute, used: minute.used + 1 }, month: { ...month, used: month.used + 1 } }
}

/** The stored form of the usage per minute. */
export function minuteOf({ minute }: KeyUsage): { beganAt: number; count: number } {
  return { beganAt: minute.resetsAt - MINUTE_MS, count: minute.used }
}

/** The calendar month of a moment, UTC, as `YYYY-MM`. */
export function monthOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7)
}

function startOfNextMonth(now: number): number {
  const date = new Date(now)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
}
