import { restore, transmit } from './deliver.js'
import { forgetIdentity } from './identity.js'
import { outbox, settle } from './outbox.js'
import { readPrivacy } from './privacy.js'
import { CONSENT, OPTED_OUT, visitorState, writeVisitorState } from './visitor-state.js'

/**
 * Stores the visitor's consent or opt-out. A refusal also deletes all IDs and all unsent events, including
 * events that closed tabs left in storage.
 */
const saveChoice = (place: typeof CONSENT | typeof OPTED_OUT, value?: string): void => {
  readPrivacy()
  visitorState[place] = value
  writeVisitorState()
  if (value && value !== 'granted') {
    forgetIdentity()
    restore()
    Object.values(outbox).forEach((entry) => settle(entry))
  }
  transmit()
}

/**
 * Stores the visitor's consent decision. `'granted'` allows the tracker to store IDs. Any other value deletes
 * the stored IDs and makes the tracker cookieless.
 */
export const consent = (choice: 'granted' | 'denied'): void => saveChoice(CONSENT, choice)

/** Opts this browser out. No event is sent until {@link enable} is called. */
export const disable = (): void => saveChoice(OPTED_OUT, '1')

/** Allows this browser to send events again after {@link disable}. */
export const enable = (): void => saveChoice(OPTED_OUT)

/** Deletes the ids of user, visitor and session. Events that were tracked before keep them. */
export const reset = (): void => {
  transmit()
  forgetIdentity()
}
