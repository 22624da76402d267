import { transmit } from './deliver.js'
import { createId, renewIdentity } from './identity.js'
import {
  acknowledge,
  KEY_PREFIX,
  MAX_OUTBOX_EVENTS,
  MAX_OUTBOX_LENGTH,
  MAX_REQUEST_LENGTH,
  outbox,
  type OutgoingEvent,
} from './outbox.js'
import { isExcluded, resolveUrl } from './page-url.js'
import { cookieless, gpc } from './privacy.js'
import { OPTED_OUT, visitorState } from './visitor-state.js'

// Number of characters reserved for `retry` and `age_ms`, which are added when an event is sent again.
const RETRY_LENGTH = 100

/**
 * Adds an event to the outbox. The event belongs to the current page unless `url` is set. All events of one
 * task are sent together.
 */
export const send = (event: OutgoingEvent): void => {
  event.url ||= resolveUrl()
  if (isExcluded(event.url)) return
  event = {
    event_id: Date.now() + createId(),
    // This call must precede the use of `cookieless` below, because it updates `cookieless`.
    ...renewIdentity(event.user_id),
    title: document.title,
    // The collector derives the device, operating system and browser from the user agent, because a table of
    // names would make this script larger. Only the browser knows whether there is a touch screen, which
    // distinguishes an iPad from a Mac. The screen size is omitted because it would help to identify people.
    device_type: navigator.maxTouchPoints ? 'touch' : 'auto',
    os: 'auto',
    browser: 'auto',
    user_agent: navigator.userAgent,
    ...(cookieless && { cookieless: true, gpc }),
    ...event,
  }
  if (JSON.stringify(event).length > MAX_REQUEST_LENGTH - RETRY_LENGTH) throw new Error('refused')
  if (visitorState[OPTED_OUT]) return
  outbox[KEY_PREFIX + event.event_id] = event
  // Drop the oldest event if the outbox exceeds its limits.
  if (Object.keys(outbox).length > MAX_OUTBOX_EVENTS || JSON.stringify(outbox).length > MAX_OUTBOX_LENGTH)
    acknowledge(Object.keys(outbox)[0]!)
  // Use a microtask instead of a timer, because a page that is being left may not run another task.
  queueMicrotask(transmit)
}
