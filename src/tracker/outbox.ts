import type { IngestEvent } from '../contract/wire.js'
import { useStorage } from './use-storage.js'

/** An event before it is sent. Undefined fields are omitted from the JSON. */
export type OutgoingEvent = { [field in keyof IngestEvent]?: IngestEvent[field] | undefined }

/**
 * Maximum length of a request body, in characters. A character takes at most three bytes. In Chromium and
 * WebKit, all pending beacons and keep-alive requests of a page share a limit of 64 KiB.
 */
export const MAX_REQUEST_LENGTH = 20_000

/**
 * Maximum number of unacknowledged events. If this limit or {@link MAX_OUTBOX_LENGTH} is exceeded, the oldest
 * event is dropped.
 */
export const MAX_OUTBOX_EVENTS = 500
/** Maximum length of all unacknowledged events as JSON text, in characters. */
export const MAX_OUTBOX_LENGTH = 500_000

export const KEY_PREFIX = 'zenovay:'
// Number of digits in a Unix time in milliseconds, until the year 2286.
const TIME_DIGITS = 13

/**
 * All unacknowledged events, from oldest to newest. The key of an event is `zenovay:` and the event ID, which
 * starts with the time of its creation.
 *
 * Unless the tracker is cookieless, each event is also saved to localStorage before it is sent, because the
 * page may close at any time. Each event has its own storage key, because two tabs that write one shared list
 * would overwrite each other's events.
 */
export const outbox: Record<string, OutgoingEvent> = {}

/** Returns the age of an event in milliseconds, or NaN if the key does not belong to an event. */
export const ageOf = (key: string): number =>
  Date.now() - Number(key.slice(KEY_PREFIX.length, KEY_PREFIX.length + TIME_DIGITS))

/** The event was sent with a POST request, whose response may still arrive. */
export const POSTED = 1
/** The event was sent with a beacon, which has no response. */
export const BEACONED = 2

/**
 * How each event was last sent, as {@link POSTED} or {@link BEACONED}. An event without an entry is due,
 * which means that it must be sent.
 */
export let sent: Record<string, number> = {}

/** Marks every event as due, so that it is sent again. */
export const releaseAll = (): void => {
  sent = {}
}

/** Deletes an event that was acknowledged, is too old, or exceeds the limits of the outbox. */
export const acknowledge = (key: string): void => {
  delete outbox[key]
  useStorage((storage) => delete storage[key])
}
