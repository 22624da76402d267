import { options } from './read-tag.js'
import { useStorage } from './use-storage.js'

const COOKIE_MAX_AGE_S = 365 * 24 * 60 * 60

/**
 * What this browser keeps of its visitor, in one place that the tabs of the site share: the first touch of
 * localStorage costs a page some milliseconds. Kept as text, `consent,disabled,seen,visitor,session,user`, so that what
 * was read is text, too, and empty where it was undefined; the user, who is last, is absent until he is identified.
 */
export type VisitorRecord = [consent?: string | undefined, disabled?: number | undefined, seenMs?: number, visitor?: string, session?: string, user?: string]

/** The record, or its twin in memory where none can be kept. */
export let record: VisitorRecord = []
/** What could be read back after it was written. */
let kept: VisitorRecord | undefined

const read = () => useStorage((storage) => ((options!.cookieDomain ? ` ${document.cookie}`.split(' zenovay=')[1]!.split(';')[0] : storage['zenovay']) as string | undefined)?.split(',') as unknown as VisitorRecord)

/** Reads what other tabs may have changed. A record that was kept and is gone was deleted on purpose. */
export const readRecord = (): void => {
  record = read() || (kept ? [] : record)
}

/** Keeps the record. */
export const writeRecord = (): void => {
  useStorage((storage) => {
    if (options!.cookieDomain)
      // Secure over https: of the two protocols, only its name has a sixth character.
      document.cookie = `zenovay=${record};domain=${options!.cookieDomain};path=/;max-age=${COOKIE_MAX_AGE_S};samesite=lax;${location.protocol[5] && 'secure'}`
    else storage['zenovay'] = record
  })
  // A cookie whose domain is wrong is dropped without an error.
  kept = read()
}
