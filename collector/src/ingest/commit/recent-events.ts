import { AgedMap } from '../../cache.js'
import type { StoredEvent } from '../event-store.js'

/** An event of the last minutes. */
interface RecentEvent {
  fingerprint: number
  /** Settles with the write that stores it. */
  written: Promise<void>
  /** Stored, but its webhooks are not published: a repeat is looked up in the store and published. */
  isUnpublished?: true
}

interface RecentEvents {
  find(key: string): RecentEvent | undefined
  add(key: string, event: RecentEvent): void
  delete(key: string): void
  /** Moves an event from `from` to `to`, because the store holds another event, of this fingerprint, under `from`. */
  rename(from: string, to: string, storedFingerprint: number): void
}

/** `written` of an event that is already stored. */
export const ON_DISK = Promise.resolve()

/** Holds the last `limit` events by key; `stored` fills it at start, oldest first. */
export function createRecentEvents(limit: number, stored: StoredEvent[]): RecentEvents {
  const events = new AgedMap<string, RecentEvent>()
  for (const { key, fingerprint } of stored) events.set(key, { fingerprint, written: ON_DISK })

  return {
    find: (key) => events.get(key),
    add(key, event) {
      events.set(key, event)
      if (events.size > limit) void events.dropOldest()
    },
    delete: (key) => void events.delete(key),
    rename(from, to, storedFingerprint) {
      const event = events.get(from)
      events.set(from, { fingerprint: storedFingerprint, written: ON_DISK })
      if (event) events.set(to, event)
    },
  }
}
