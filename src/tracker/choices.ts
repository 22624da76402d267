import { restore } from './deliver.js'
import { forgetIdentity } from './identity.js'
import { acknowledge, outbox } from './outbox.js'
import { readPrivacy } from './privacy.js'
import { CONSENT, OPTED_OUT, visitorState, writeVisitorState } from './visitor-state.js'

/**
 * Stores a choice of the visitor. A refusal also deletes all ids and all unsent events, including those of
 * closed tabs.
 */
const saveChoice = (place: typeof CONSENT | typeof OPTED_OUT, value?: string): void => {
  readPrivacy()
  visitorState[place] = value
  writeVisitorState()
  if (value && value !== 'granted') {
    forgetIdentity()
    restore()
    Object.keys(outbox).forEach(acknowledge)
  }
}

/** Stores ids from now on; anything but `'granted'` deletes them and keeps them in memory instead. */
export const consent = (choice: 'granted' | 'denied'): void => saveChoice(CONSENT, choice)

/** Opts this browser out: nothing is sent until {@link enable}. */
export const disable = (): void => saveChoice(OPTED_OUT, '1')

/** Undoes {@link disable}. */
export const enable = (): void => saveChoice(OPTED_OUT)
