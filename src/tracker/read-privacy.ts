import { options } from './read-tag.js'
import { readRecord, record } from './record.js'

/** Global Privacy Control or Do Not Track is on. */
export let gpc: boolean
/** No id may be written to the browser, and no visitor is named. */
export let cookieless: unknown

/** Asks browser, tag and the visitor's choices; before each event, because another tab may have changed these. */
export const readPrivacy = (): void => {
  readRecord()
  // Do Not Track is "1", "unspecified" or null.
  gpc =
    (navigator as Navigator & { globalPrivacyControl?: boolean }).globalPrivacyControl ||
    (navigator.doNotTrack as unknown) == 1
  cookieless =
    gpc ||
    record[1] ||
    /true/.test((options!.cookieless || options!.cookielessMode) as string) ||
    (record[0] ? record[0] != 'granted' : options!.consent)
}
