import { MINUTE_MS } from '../../durations.js'
import { ApiError } from '../../errors.js'
import { type PlanName, PLANS } from '../accounts.js'
import type { ControlStore } from '../control-store.js'

/** How much of a limit is used. */
export interface LimitState {
  limit: number
  used: number
  /** When nothing of it will be used any more; ms since the epoch. */
  resetsAt: number
}

/** What a key has used: in its minute, which begins with the first request after the last one, and in the calendar month, UTC. */
export interface KeyUsage {
  plan: PlanName
  minute: LimitState
  month: LimitState
}

/** What is kept of a key's requests; null where there were none. Times are ms since the epoch. */
interface CountedRequests {
  minuteBeganAt: number | null
  minuteCount: number | null
  monthCount: number | null
}

/** Reads what was counted, at a moment. */
export function describeUsage(
  plan: PlanName,
  { minuteBeganAt, minuteCount, monthCount }: CountedRequests,
  now: number,
): KeyUsage {
  // A clock that is a little behind, of another collector or stepped back, goes on with a minute that begins later; one that is far behind begins a new one.
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

/** Which limit refuses one more request. The month's comes first: waiting for a minute would not help. */
export function findExceeded({ minute, month }: KeyUsage): 'minute' | 'month' | undefined {
  if (month.used >= month.limit) return 'month'
  return minute.used >= minute.limit ? 'minute' : undefined
}

/** The same usage with one request more. */
export function addRequest({ plan, minute, month }: KeyUsage): KeyUsage {
  return { plan, minute: { ...minute, used: minute.used + 1 }, month: { ...month, used: month.used + 1 } }
}

/** What is kept of a usage, but for the month's count. */
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
 * Counts requests of keys on the disk. While that is full, reports go on: then the minute is counted in memory, and the month not at all;
 * one that is used up already stays so.
 */
export function createRequestCounter(control: Pick<ControlStore, 'countRequest' | 'readUsage'>): Count {
  // Of the keys that asked since the store went away, until it is back.
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
