import { isQueued, transmitSoon } from './deliver.js'
import { createId } from './identity.js'
import { addEvent, type Callback } from './outbox.js'
import { isExcluded, isTracked, resolveUrl } from './page-url.js'
import { isSilent, readPrivacy } from './privacy.js'
import type { OutgoingEvent } from './tracker-options.js'
import { CONSENT, OPTED_OUT, visitorState } from './visitor-state.js'

/** Random part of the event IDs of this page load, between the time and a number. */
let pageId = ''
let count = 0

/** Returns a text, or nothing for an element: `<img name="title">` replaces `document.title`. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/**
 * Adds an event to the outbox. The event belongs to the current page unless `url` is set. All events of one
 * task are sent together.
 */
export const send = (event: OutgoingEvent, callback?: Callback): void => {
  event.url ||= resolveUrl()
  // Once for events that are sent together: they may be a thousand.
  if (!isQueued) readPrivacy()
  if (isExcluded(event.url) || !isTracked || (isSilent && (visitorState[OPTED_OUT] || visitorState[CONSENT])))
    return callback?.(false)
  pageId ||= createId(2)
  const event_id = Date.now().toFixed() + pageId + count++
  addEvent({ event_id, title: textOf(document.title), ...event }, callback)
  transmitSoon()
}
