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

// Room for the fields that a repeated event has in addition: `retry` and `age_ms`.
const RETRY_LENGTH = 100

/** Puts an event of this page, or of its `url`, into the outbox. All events of one task are sent together. */
export const send = (event: OutgoingEvent): void => {
  event.url ||= resolveUrl()
  if (isExcluded(event.url)) return
  event = {
    event_id: Date.now() + createId(),
    // This precedes the use of `cookieless` below, because it updates that.
    ...renewIdentity(event.user_id),
    title: document.title,
    // The collector reads the names of device, system and browser from the user agent: a table of them here
    // would be downloaded by every visitor, and an old script could not be corrected. Only the browser knows
    // whether it has a touch screen: an iPad identifies as a Mac. The screen size is left out, as it would
    // help to identify people.
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
  // The oldest event makes room.
  if (Object.keys(outbox).length > MAX_OUTBOX_EVENTS || JSON.stringify(outbox).length > MAX_OUTBOX_LENGTH)
    acknowledge(Object.keys(outbox)[0]!)
  // A microtask and not a task: a page that is being left may have no next task.
  queueMicrotask(transmit)
}
