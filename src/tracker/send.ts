import { createId } from './create-id.js'
import { describeDevice } from './describe-device.js'
import { identify, identity } from './identify.js'
import { acknowledge, outbox, PREFIX, type OutgoingEvent } from './outbox.js'
import { cookieless, gpc } from './read-privacy.js'
import { resolveUrl } from './resolve-url.js'
import { transmit } from './transmit.js'

const MAX_ENTRIES = 500

/** Puts an event of this page (or of `url`) into the outbox; all events of one task go together. */
export const send = (event: OutgoingEvent, url?: string): void => {
  const id = Date.now() + createId()
  outbox[PREFIX + id] = {
    event_id: id,
    visitor_id: identify()[0],
    session_id: identity[1],
    url: resolveUrl(url),
    title: document.title,
    ...describeDevice(),
    ...(cookieless && { cookieless, gpc }),
    ...event,
  }
  Object.keys(outbox).slice(0, -MAX_ENTRIES).map(acknowledge)
  queueMicrotask(transmit)
}
