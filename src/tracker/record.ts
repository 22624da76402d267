import { options } from './read-tag.js'
import { useStorage } from './use-storage.js'

const COOKIE_MAX_AGE_S = 365 * 24 * 60 * 60

/**
 * What this browser keeps of its visitor, in one place that the tabs of the site share: the first touch of
 * localStorage costs a page some milliseconds. Kept as text, `seen,visitor,session,user,consent,disabled`, so that what
 * was read is text, too, and empty where it was undefined.
 */
export type VisitorRecord = [seenMs?: number, visitor?: string, session?: string, user?: string, consent?: string | undefined, disabled?: boolean | undefined]

/** The record, or its twin in memory where none can be kept. */
export let record: VisitorRecord = []
/** What could be read back after it was written. */
let kept: VisitorRecord | undefined

// Without a record, it throws.
const read = () => useStorage((storage) => ((options!.cookieDomain ? /\bzenovay=([^;]*)/.exec(document.cookie)![1] : storage['zenovay']) as string).split(',') as unknown as VisitorRecord)

/** Reads what other tabs may have changed. A record that was kept and is gone was deleted on purpose. */
export const readRecord = (): VisitorRecord => (record = read() || (kept ? [] : record))

/** Keeps a record. */
export const writeRecord = (next: VisitorRecord): void => {
  record = next
  useStorage((storage) => {
    if (options!.cookieDomain)
      // Secure over https: of the two protocols, only its name has a sixth character.
      document.cookie = `zenovay=${record};domain=${options!.cookieDomain};path=/;max-age=${COOKIE_MAX_AGE_S};samesite=lax;${location.protocol[5] && 'secure'}`
    else storage['zenovay'] = record
  })
  // A cookie whose domain is wrong is dropped without an error.
  kept = read()
}
