import type { IngestEvent } from '../contract/wire.js'
import { useStorage } from './use-storage.js'

/** An event on its way; JSON leaves out what is undefined. */
export type OutgoingEvent = { [field in keyof IngestEvent]?: IngestEvent[field] | undefined }

/** Longest request. Beacons and keep-alive requests in flight share 64 KiB in Chromium and WebKit; a character takes at most three bytes. */
export const MAX_REQUEST_LENGTH = 20_000

/**
 * Every event that no answer has acknowledged yet, oldest first, each under `zenovay:` and its id, which begins
 * with its time in milliseconds.
 *
 * Unless cookieless they are in localStorage, too, before the first of them is transmitted, as a page may end at any
 * time. One key for each: two tabs that wrote one shared list would overwrite each other's events.
 */
export const outbox: Record<string, OutgoingEvent> = {}

/** How an entry was sent last: 1 as a POST whose answer may still come, 2 as a beacon. Absent: it is due. */
export let sent: Record<string, number> = {}

/** Forgets an entry: it was answered, or is too old, or too many came after it. */
export const acknowledge = (key: string): void => {
  delete outbox[key]
  useStorage((storage) => delete storage[key])
}

/** Makes every entry due. */
export const releaseAll = (): void => {
  sent = {}
}
