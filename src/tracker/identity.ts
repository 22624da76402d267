import { SESSION_TIMEOUT_MS } from '../contract/limits.js'
import { createId } from './create-id.js'
import { cookieless, readPrivacy } from './read-privacy.js'
import { record, writeRecord, type VisitorRecord } from './record.js'

/** Session and user of this page load, when cookieless. */
let memory: VisitorRecord = []

/** Gives visitor, session and user of this moment, and counts as activity of the session; from now on it is this `user`, if one is given. */
export const touchIdentity = (user?: string): VisitorRecord => {
  readPrivacy()
  const ids = cookieless ? memory : record
  if (!cookieless) ids[1] ||= createId()
  // NaN, from a record without a time, is a session that ended.
  if (!(Date.now() - ids[0]! < SESSION_TIMEOUT_MS)) ids[2] = createId()
  ids[0] = Date.now()
  if (user) ids[3] = user
  if (!cookieless) writeRecord(ids)
  return ids
}

/** Forgets visitor, session and user, in all tabs; the visitor's choices stay. */
export const forget = (): void => {
  memory = []
  if (!cookieless) writeRecord([, , , , record[4], record[5]] as unknown as VisitorRecord)
}
