import { options } from './read-tag.js'
import { useStorage } from './use-storage.js'

const COOKIE_MAX_AGE_S = 365 * 24 * 60 * 60

/**
 * What this browser keeps of its visitor, in one place that the tabs of the site share: the first touch of
 * localStorage costs a page some milliseconds. Kept as text, `consent,disabled,seen,visitor,session,user`, so that what
 * was read is text, too, and empty where it was undefined; the user, who is last, is absent until he is identified.
 */
export type VisitorRecord = [
  consent?: string | undefined,
  disabled?: number | undefined,
  seenMs?: number,
  visitor?: string,
  session?: string,
  user?: string,
]

/** The record, or its twin in memory where none can be kept. */
export let record: VisitorRecord = []
/** What was read last: once there was something, nothing means that it was deleted on purpose. */
let kept: VisitorRecord | undefined

/** Reads what other tabs may have changed. A cookie whose domain is wrong is dropped without an error, and is never read. */
export const readRecord = (): void => {
  kept =
    useStorage(
      (storage) =>
        (
          (options!.cookieDomain ? /(^| )zenovay=([^;]*)/.exec(document.cookie)![2] : storage['zenovay']) as
            string | undefined
        )?.split(',') as unknown as VisitorRecord,
    ) ||
    (kept && [])
  record = kept || record
}

/** Keeps the record. */
export const writeRecord = (): void => {
  useStorage((storage) => {
    if (options!.cookieDomain)
      // Secure over https: of the two protocols, only its name has a sixth character.
      document.cookie = `zenovay=${record};domain=${options!.cookieDomain};path=/;max-age=${COOKIE_MAX_AGE_S};samesite=lax;${location.protocol[5] && 'secure'}`
    else storage['zenovay'] = record
  })
}
