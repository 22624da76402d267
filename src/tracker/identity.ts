import { SESSION_TIMEOUT_MS } from '../contract/limits.js'
import { options } from './options.js'
import { cookieless, readPrivacy } from './privacy.js'
import type { OutgoingEvent } from './tracker-options.js'
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

/** Creates a random ID, by default of 128 bits. `crypto.randomUUID` is missing on insecure origins. */
export const createId = (words = 4): string =>
  [...crypto.getRandomValues(new Uint32Array(words))].map((word) => word.toString(36)).join('')

/**
 * Returns the current ids and extends the session. A given `user` becomes the user of this and later events.
 * Call {@link readPrivacy} before.
 */
export const renewIdentity = (
  user?: string,
): Pick<OutgoingEvent, 'visitor_id' | 'session_id' | 'user_id'> => {
  const state = cookieless ? memoryState : visitorState
  // If the state contains no time, the difference is NaN and a new session starts.
  if (!(Date.now() - Number(state[SEEN_AT]) < SESSION_TIMEOUT_MS)) state[SESSION] = createId()
  // Not text of the number itself: V8 keeps a cache of such texts, which takes 46 KB.
  state[SEEN_AT] = Date.now().toFixed()
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
  options.page = options.onForget?.()
}
