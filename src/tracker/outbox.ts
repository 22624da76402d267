import type { IngestEvent } from '../contract/wire.js'
import { useStorage } from './use-storage.js'

/** An event before it is sent; JSON leaves undefined fields out. */
export type OutgoingEvent = { [field in keyof IngestEvent]?: IngestEvent[field] | undefined }

/**
 * Maximum length of a request, in characters. Beacons and keep-alive requests in flight share 64 KiB in
 * Chromium and WebKit, and a character has at most three bytes.
 */
export const MAX_REQUEST_LENGTH = 20_000

/** Maximum number of unacknowledged events; beyond either limit the oldest is dropped. */
export const MAX_OUTBOX_EVENTS = 500
/** Maximum length of the outbox: half a megabyte, in characters. */
export const MAX_OUTBOX_LENGTH = 500_000

export const KEY_PREFIX = 'zenovay:'
// Times have this many digits until the year 2286.
const TIME_DIGITS = 13

/**
 * All unacknowledged events, oldest first. An event's key is `zenovay:` and its id, which begins with the
 * time of its creation in milliseconds.
 *
 * Unless cookieless, each event is also stored in localStorage before the first of them is sent, because the
 * page may end at any time. Each has its own key: two tabs that wrote one shared list would overwrite each
 * other's events.
 */
export const outbox: Record<string, OutgoingEvent> = {}

/** Age of an event in milliseconds, NaN for a foreign key. */
export const ageOf = (key: string): number =>
  Date.now() - Number(key.slice(KEY_PREFIX.length, KEY_PREFIX.length + TIME_DIGITS))

/** The event was sent with a POST, whose answer may still come. */
export const POSTED = 1
/** The event was sent with a beacon, which has no answer. */
export const BEACONED = 2

/** The way in which each event of the outbox was last sent. An event that is not in here is due. */
export let sent: Record<string, number> = {}

/** Makes every event due. */
export const releaseAll = (): void => {
  sent = {}
}

/** Deletes an event that was answered, is too old, or exceeds the limits of the outbox. */
export const acknowledge = (key: string): void => {
  delete outbox[key]
  useStorage((storage) => delete storage[key])
}
