import { AgedMap } from '../../cache.js'
import type { StoredEvent } from '../event-store.js'

/** An event of the last minutes. */
interface RecentEvent {
  fingerprint: number
  /** Settles with the write that brings it to disk. */
  written: Promise<void>
  /** It is stored, and nobody was told of it: the next transmission is taken as one that the store is asked for. */
  isUntold?: true
}

interface RecentEvents {
  find(key: string): RecentEvent | undefined
  add(key: string, event: RecentEvent): void
  forget(key: string): void
  /** The event that was taken for `from` is another one: `from` belongs to what the store has, with this fingerprint. */
  rename(from: string, to: string, storedFingerprint: number): void
}

/** For what was written before. */
export const ON_DISK = Promise.resolve()

/** The last `limit` events by key, with what the store had at start, oldest first. */
export function createRecentEvents(limit: number, stored: StoredEvent[]): RecentEvents {
  const events = new AgedMap<string, RecentEvent>()
  for (const { key, fingerprint } of stored) events.set(key, { fingerprint, written: ON_DISK })

  return {
    find: (key) => events.get(key),
    add(key, event) {
      events.set(key, event)
      if (events.size > limit) void events.dropOldest()
    },
    forget: (key) => void events.delete(key),
    rename(from, to, storedFingerprint) {
      const event = events.get(from)
      events.set(from, { fingerprint: storedFingerprint, written: ON_DISK })
      if (event) events.set(to, event)
    },
  }
}
