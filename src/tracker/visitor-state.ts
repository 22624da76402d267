import { options } from './options.js'
import { useStorage } from './use-storage.js'

const COOKIE_MAX_AGE_S = 365 * 24 * 60 * 60

// Indexes of the values in the visitor state.
export const CONSENT = 0
export const OPTED_OUT = 1
export const SEEN_AT = 2
export const VISITOR = 3
export const SESSION = 4
export const USER = 5

/**
 * The consent, opt-out, session and IDs that this browser stores for its visitor. They are stored together
 * under one localStorage key or in one cookie.
 *
 * The stored text is `consent,optedOut,seenAt,visitor,session,user`. Values read from it are strings, and an
 * undefined value is read as an empty string. The user ID is missing until a user is identified.
 */
export type VisitorState = [
  consent?: string | undefined,
  optedOut?: string | number | undefined,
  seenAtMs?: string,
  visitor?: string,
  session?: string,
  user?: string,
]

/** The visitor state that was last read or written. If storage is not available, this is the only copy. */
export let visitorState: VisitorState = []
/**
 * The state that was last read from storage, or undefined if none was ever found. If a state was found before
 * and storage is now empty, the state was deleted on purpose.
 */
let lastRead: VisitorState | undefined

/** Whether the visitor state in memory could not be written. What is stored is then out of date. */
let isUnsaved = false

/** Reads the visitor state, which other tabs may have changed. */
export const readVisitorState = (): void => {
  if (isUnsaved) return
  lastRead =
    useStorage(
      (storage) =>
        // A browser silently drops a cookie for a foreign domain, so this cookie is never found.
        (options.cookieDomain
          ? /(^| )zenovay=([^;]*)/.exec(document.cookie)?.[2]
          : (storage['zenovay'] as string | undefined)
        )?.split(',') as VisitorState | undefined,
    ) ||
    (lastRead && [])
  visitorState = lastRead || visitorState
}

/** Writes the visitor state to the cookie or to localStorage. */
export const writeVisitorState = (): void => {
  isUnsaved = true
  useStorage((storage) => {
    if (options.cookieDomain)
      document.cookie = `zenovay=${visitorState.join()};domain=${options.cookieDomain};path=/;max-age=${COOKIE_MAX_AGE_S};samesite=lax;${location.protocol === 'https:' ? 'secure' : ''}`
    else storage['zenovay'] = visitorState.join()
    isUnsaved = false
  })
}
