import { ApiError } from '../../errors.js'
import type { ControlStore } from '../control-store.js'
import { addRequest, describeUsage, findExceeded, minuteOf } from './usage.js'

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
