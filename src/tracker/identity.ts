import { SESSION_TIMEOUT_MS } from '../contract/limits.js'
import { createId } from './create-id.js'
import type { OutgoingEvent } from './outbox.js'
import { cookieless, readPrivacy } from './read-privacy.js'
import { record, writeRecord, type VisitorRecord } from './record.js'

/** Session and user of this page load, when cookieless. */
let memory: VisitorRecord = []

/** Gives visitor, session and user of this moment, and counts as activity of the session; from now on it is this `user`, if one is given. */
export const touchIdentity = (
  user?: string,
): Pick<OutgoingEvent, 'visitor_id' | 'session_id' | 'user_id'> => {
  readPrivacy()
  const ids = cookieless ? memory : record
  // NaN, from a record without a time, is a session that ended.
  if (!(Date.now() - ids[2]! < SESSION_TIMEOUT_MS)) ids[4] = createId()
  ids[2] = Date.now()
  if (user) ids[5] = user
  if (!cookieless) {
    ids[3] ||= createId()
    writeRecord()
  }
  return { visitor_id: ids[3], session_id: ids[4], user_id: ids[5] }
}

/** Forgets visitor, session and user, in all tabs; the visitor's choices stay. */
export const forget = (): void => {
  readPrivacy()
  memory = []
  // Without ids there is nothing to delete, and a cookieless page writes nothing.
  if (record[2]) {
    record.splice(2)
    writeRecord()
  }
}
