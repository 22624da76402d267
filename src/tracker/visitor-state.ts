import { options } from './options.js'
import { useStorage } from './use-storage.js'

const COOKIE_MAX_AGE_S = 365 * 24 * 60 * 60

// Places in the visitor state.
export const CONSENT = 0
export const OPTED_OUT = 1
export const SEEN_AT = 2
export const VISITOR = 3
export const SESSION = 4
export const USER = 5

/**
 * All that this browser stores about its visitor. All of it is one localStorage key (or one cookie), because
 * the first access to localStorage costs a page some milliseconds.
 *
 * It is stored as text, `consent,optedOut,seenAt,visitor,session,user`: values that were read are strings,
 * and an undefined value is read as an empty string. The user comes last and is absent until it is
 * identified.
 */
export type VisitorState = [
  consent?: string | undefined,
  optedOut?: string | number | undefined,
  seenAtMs?: number,
  visitor?: string,
  session?: string,
  user?: string,
]

/** The visitor state as last read or written; the only copy where nothing can be stored. */
export let visitorState: VisitorState = []
/**
 * The state that was read last. Once there was one, an empty storage means that it was deleted on purpose.
 */
let lastRead: VisitorState | undefined

/** Reads the visitor state, which other tabs may have changed. */
export const readVisitorState = (): void => {
  lastRead =
    useStorage(
      (storage) =>
        // A browser drops a cookie for a foreign domain without an error: it is then never found.
        (options.cookieDomain
          ? /(^| )zenovay=([^;]*)/.exec(document.cookie)?.[2]
          : (storage['zenovay'] as string | undefined)
        )?.split(',') as VisitorState | undefined,
    ) ||
    (lastRead && [])
  visitorState = lastRead || visitorState
}

/** Writes the visitor state. */
export const writeVisitorState = (): void => {
  useStorage((storage) => {
    if (options.cookieDomain)
      document.cookie = `zenovay=${visitorState.join()};domain=${options.cookieDomain};path=/;max-age=${COOKIE_MAX_AGE_S};samesite=lax;${location.protocol === 'https:' ? 'secure' : ''}`
    else storage['zenovay'] = visitorState.join()
  })
}
