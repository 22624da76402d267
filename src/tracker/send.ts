import { createId } from './create-id.js'
import { describeDevice } from './describe-device.js'
import { touchIdentity } from './identity.js'
import { isExcluded } from './is-excluded.js'
import { acknowledge, MAX_REQUEST_LENGTH, outbox, type OutgoingEvent } from './outbox.js'
import { cookieless, gpc } from './read-privacy.js'
import { record } from './record.js'
import { resolveUrl } from './resolve-url.js'
import { transmit } from './transmit.js'

const MAX_ENTRIES = 500
// Half a megabyte.
const MAX_LENGTH = 5e5

/** Puts an event of this page (or of its `url`) into the outbox; all events of one task go together. */
export const send = (event: OutgoingEvent): void => {
  if (isExcluded((event.url ||= resolveUrl()))) return
  event = {
    event_id: Date.now() + createId(),
    // First, because it asks anew what the visitor chose.
    ...touchIdentity(event.user_id),
    title: document.title,
    ...describeDevice(),
    ...((cookieless as boolean) && { cookieless: true, gpc }),
    ...event,
  }
  // Retransmitted, it grows by its mark and its age.
  if (JSON.stringify(event)[MAX_REQUEST_LENGTH - 100]) throw 'refused'
  // Opted out.
  if (record[1]) return
  outbox['zenovay:' + event.event_id!] = event
  // The oldest entry gives way.
  if (Object.keys(outbox)[MAX_ENTRIES] || JSON.stringify(outbox)[MAX_LENGTH])
    acknowledge(Object.keys(outbox)[0]!)
  // Not a task: a page that is being left may have no next one.
  queueMicrotask(transmit)
}
