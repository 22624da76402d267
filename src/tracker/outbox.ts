import { collectorUrl } from './options.js'
import type { OutgoingEvent } from './tracker-options.js'
import { useStorage } from './use-storage.js'
import { guard } from './warn.js'

/** Is called once: with true when the collector has stored the event, or with false when it was given up. */
export type Callback = (isStored: boolean) => void

/** An unacknowledged event. The build shortens names that start with an underscore. */
export interface Entry {
  /**
   * `zenovay:`, the ID of the event, which begins with the time of its creation in milliseconds, and the URL
   * of its collector, because pages of one origin may have different tracking codes.
   */
  _key: string
  _event?: OutgoingEvent
  /** The event as JSON, as soon as the page may send it. */
  _json?: string
  /** The delivery state. Undefined if the event was never sent. */
  _state?: number
  /** Whether an earlier page created the event. Only a POST sends it, because its response acknowledges it. */
  _isRestored?: boolean
  _callback?: Callback | undefined
}

/** An event that is due again. */
export const RELEASED = 1
/** An event that was sent with a POST whose response may still come. */
export const POSTED = 2
/** An event whose POST failed, or of an earlier page. It waits for the next retry. */
export const FAILED = 3
/** An event that was sent with a beacon, which has no response. */
export const BEACONED = 4

export const KEY_PREFIX = 'zenovay:'
// Number of digits in a Unix time in milliseconds, until the year 2286.
const TIME_DIGITS = 13

/**
 * All unacknowledged events by their keys, the oldest first.
 *
 * Unless the tracker is cookieless, each event is also saved to localStorage before it is sent, because the
 * page may close at any time. Each event has its own storage key, because two tabs that write one shared list
 * would overwrite each other's events.
 */
export const outbox: Record<string, Entry> = {}

/** Adds an event to the outbox. */
export const addEvent = (event: OutgoingEvent, callback?: Callback): void => {
  const key = `${KEY_PREFIX}${event.event_id} ${collectorUrl}`
  outbox[key] = { _key: key, _event: event, _callback: callback }
}

/** Returns the time of an event in milliseconds, or NaN for a foreign key. */
export const timeOf = (key: string): number =>
  Number(key.slice(KEY_PREFIX.length, KEY_PREFIX.length + TIME_DIGITS))

/** Returns the age of an event in milliseconds, or NaN for a foreign key. */
export const ageOf = (key: string): number => Date.now() - timeOf(key)

/** Deletes an event that was acknowledged, is invalid or too old, or exceeds the limits of the outbox. */
export const settle = (entry: Entry, isStored = false): void => {
  delete outbox[entry._key]
  useStorage((storage) => delete storage[entry._key])
  // The page's own function must not stop the tracker.
  guard(() => entry._callback?.(isStored))()
}
