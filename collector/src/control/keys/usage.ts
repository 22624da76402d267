import { MINUTE_MS } from '../../durations.js'
import { type PlanName, PLANS } from '../accounts.js'

/** A rate limit, and the number of requests that were counted against it. */
export interface LimitState {
  limit: number
  used: number
  /** Unix time in milliseconds when `used` is reset to 0. */
  resetsAt: number
}

/**
 * The number of requests with any API key of an account in the current minute and in the current calendar month
 * (UTC). A minute begins with the first request after the previous minute has ended.
 */
export interface AccountUsage {
  accountId: string
  plan: PlanName
  minute: LimitState
  month: LimitState
}

/**
 * The stored request counts of an account, which are null if no request was counted. Times are Unix times in
 * milliseconds.
 */
interface CountedRequests {
  minuteBeganAt: number | null
  minuteCount: number | null
  monthCount: number | null
}

/** Computes the usage of an account at `now` from the stored counts. */
export function describeUsage(
  { accountId, plan }: Pick<AccountUsage, 'accountId' | 'plan'>,
  { minuteBeganAt, minuteCount, monthCount }: CountedRequests,
  now: number,
): AccountUsage {
  // `now` can be before `minuteBeganAt` if the system clock was set back or the clock of another collector is
  // ahead. The minute continues if the difference is less than a minute.
  const isCurrent = minuteBeganAt !== null && Math.abs(now - minuteBeganAt) < MINUTE_MS
  const { perMinute, perMonth } = PLANS[plan]
  return {
    accountId,
    plan,
    minute: {
      limit: perMinute,
      used: isCurrent ? minuteCount! : 0,
      resetsAt: (isCurrent ? minuteBeganAt : now) + MINUTE_MS,
    },
    month: { limit: perMonth, used: monthCount ?? 0, resetsAt: startOfNextMonth(now) },
  }
}

/**
 * Returns the limit that rejects the next request, or undefined if no limit is reached. The monthly limit
 * takes precedence, because it still applies in the next minute.
 */
export function findExceeded({ minute, month }: AccountUsage): 'minute' | 'month' | undefined {
  if (month.used >= month.limit) return 'month'
  return minute.used >= minute.limit ? 'minute' : undefined
}

/** Returns the usage after one more request. */
export function addRequest({ minute, month, ...account }: AccountUsage): AccountUsage {
  return {
    ...account,
    minute: { ...minute, used: minute.used + 1 },
    month: { ...month, used: month.used + 1 },
  }
}

/** Converts the usage in the current minute into its stored form. */
export function minuteOf({ minute }: AccountUsage): { beganAt: number; count: number } {
  return { beganAt: minute.resetsAt - MINUTE_MS, count: minute.used }
}

/** Returns the UTC calendar month of a Unix time in milliseconds, as `YYYY-MM`. */
export function monthOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7)
}

function startOfNextMonth(now: number): number {
  const date = new Date(now)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
}
