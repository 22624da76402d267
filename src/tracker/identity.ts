import { SESSION_TIMEOUT_MS } from '../contract/limits.js'
import type { OutgoingEvent } from './outbox.js'
import { cookieless, readPrivacy } from './privacy.js'
import {
  SEEN_AT,
  SESSION,
  USER,
  VISITOR,
  visitorState,
  writeVisitorState,
  type VisitorState,
} from './visitor-state.js'

/** State of a cookieless visitor: it has no visitor id, and ends with the page load. */
let memoryState: VisitorState = []

/**
 * Creates a random id: 160 bits as decimal digits.
 *
 * `crypto.randomUUID` is missing on insecure origins, and any other base costs bytes of script.
 */
export const createId = (): string => crypto.getRandomValues(new Uint32Array(5)).join('')

/**
 * Returns the current ids and extends the session. A given `user` becomes the user of this and later events.
 */
export const renewIdentity = (
  user?: string,
): Pick<OutgoingEvent, 'visitor_id' | 'session_id' | 'user_id'> => {
  readPrivacy()
  const state = cookieless ? memoryState : visitorState
  // A state without a time gives NaN, which starts a new session, too.
  if (!(Date.now() - state[SEEN_AT]! < SESSION_TIMEOUT_MS)) state[SESSION] = createId()
  state[SEEN_AT] = Date.now()
  if (user) state[USER] = user
  if (!cookieless) {
    state[VISITOR] ||= createId()
    writeVisitorState()
  }
  return { visitor_id: state[VISITOR], session_id: state[SESSION], user_id: state[USER] }
}

/** Deletes visitor, session and user id in all tabs; the visitor's choices stay. */
export const forgetIdentity = (): void => {
  readPrivacy()
  memoryState = []
  // Without ids there is nothing to delete, and a cookieless page must not write.
  if (visitorState[SEEN_AT]) {
    visitorState.splice(SEEN_AT)
    writeVisitorState()
  }
}
