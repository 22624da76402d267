import { createId } from './create-id.js'
import { describeDevice } from './describe-device.js'
import { touchIdentity } from './identity.js'
import { isExcluded } from './is-excluded.js'
import { acknowledge, MAX_REQUEST_LENGTH, outbox, type OutgoingEvent } from './outbox.js'
import { cookieless, disabled, gpc } from './read-privacy.js'
import { resolveUrl } from './resolve-url.js'
import { transmit } from './transmit.js'

let scheduled = false

const MAX_ENTRIES = 500
// 512 KB.
const MAX_LENGTH = 2 ** 19

/** Puts an event of this page (or of `url`) into the outbox; all events of one task go together. */
export const send = (event: OutgoingEvent, url?: string): void => {
  url = resolveUrl(url)
  if (isExcluded(url)) return
  const [, visitor_id, session_id, user] = touchIdentity(event.user_id)
  if (disabled) return
  const id = Date.now() + createId()
  event = {
    event_id: id,
    visitor_id,
    session_id,
    user_id: user || undefined,
    url,
    title: document.title,
    ...describeDevice(),
    ...(cookieless && { cookieless, gpc }),
    ...event,
  }
  if (JSON.stringify(event)[MAX_REQUEST_LENGTH]) throw 'too large'
  outbox['zenovay:' + id] = event
  // The oldest entry gives way.
  if (Object.keys(outbox)[MAX_ENTRIES] || JSON.stringify(outbox)[MAX_LENGTH]) acknowledge(Object.keys(outbox)[0]!)
  // Not a task of its own: a page that is being left may have no next one.
  scheduled ||= !(queueMicrotask(() => {
    scheduled = false
    transmit()
  }) as unknown)
}
