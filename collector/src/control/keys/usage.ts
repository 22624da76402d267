import { MINUTE_MS } from '../../durations.js'
import { ApiError } from '../../errors.js'
import { type PlanName, PLANS } from '../accounts.js'
import type { ControlStore } from '../control-store.js'

/** How much of a limit is used. */
export interface LimitState {
  limit: number
  used: number
  /** When `used` returns to 0, ms since the epoch. */
  resetsAt: number
}

/** Usage of a key per minute, which begins with the first request after the previous minute, and per calendar month, UTC. */
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
  // A clock less than a minute behind, of another collector or set back, continues the current minute. One further behind begins a new minute.
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

type Count = ControlStore['countRequest']

/**
 * Counts requests of keys on disk. While the disk is full, reports still work: minutes are counted in memory and months
 * not at all; a month that is used up stays so.
 */
export function createRequestCounter(control: Pick<ControlStore, 'countRequest' | 'readUsage'>): Count {
  // Only for keys with requests while the store is away.
  const minutes = new Map<string, ReturnType<typeof minuteOf>>()

  const countInMemory: Count = async (keyId, now) => {
    const stored = await control.readUsage(keyId, now)
    if (!stored) return undefined
    const minute = minutes.get(keyId)
    const before = minute
      ? describeUsage(
          stored.plan,
          { minuteBeganAt: minute.beganAt, minuteCount: minute.count, monthCount: stored.month.used },
          now,
        )
      : stored
    const exceeded = findExceeded(before)
    if (exceeded) return { usage: before, exceeded }
    const usage = addRequest(before)
    minutes.set(keyId, minuteOf(usage))
    return { usage, exceeded: undefined }
  }

  return async (keyId, now) => {
    try {
      const counted = await control.countRequest(keyId, now)
      minutes.delete(keyId)
      return counted
    } catch (error) {
      if (error instanceof ApiError && error.code === 'STORE_UNAVAILABLE') return countInMemory(keyId, now)
      throw error
    }
  }
}
