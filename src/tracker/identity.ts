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

/** State of a cookieless visitor. It contains no visitor ID and is lost when the page is unloaded. */
let memoryState: VisitorState = []

/**
 * Creates a random ID of 160 bits, written as decimal digits.
 *
 * `crypto.randomUUID` is not available on insecure origins. Any other base would add bytes to the script.
 */
export const createId = (): string => crypto.getRandomValues(new Uint32Array(5)).join('')

/**
 * Returns the current IDs and extends the session. If `user` is set, it becomes the user ID of this and all
 * later events.
 */
export const renewIdentity = (
  user?: string,
): Pick<OutgoingEvent, 'visitor_id' | 'session_id' | 'user_id'> => {
  readPrivacy()
  const state = cookieless ? memoryState : visitorState
  // If the state contains no time, the difference is NaN and a new session starts.
  if (!(Date.now() - state[SEEN_AT]! < SESSION_TIMEOUT_MS)) state[SESSION] = createId()
  state[SEEN_AT] = Date.now()
  if (user) state[USER] = user
  if (!cookieless) {
    state[VISITOR] ||= createId()
    writeVisitorState()
  }
  return { visitor_id: state[VISITOR], session_id: state[SESSION], user_id: state[USER] }
}

/** Deletes the visitor, session and user IDs in all tabs. The visitor's consent and opt-out are kept. */
export const forgetIdentity = (): void => {
  readPrivacy()
  memoryState = []
  // Skip the write if no IDs are stored, because a cookieless page must not write to storage.
  if (visitorState[SEEN_AT]) {
    visitorState.splice(SEEN_AT)
    writeVisitorState()
  }
}
