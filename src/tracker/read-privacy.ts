import { options } from './read-tag.js'
import { readRecord } from './record.js'

/** Global Privacy Control or Do Not Track is on. */
export let gpc: boolean
/** No id may be written to the browser, and no visitor is named. */
export let cookieless: boolean
/** The visitor opted out: nothing is sent. */
export let disabled: boolean | undefined

/** Asks browser, tag and the visitor's choices; before each event, because another tab may have changed these. */
export const readPrivacy = (): void => {
  const [, , , , consent, off] = readRecord()
  disabled = off
  // Do Not Track is "1", "unspecified" or null.
  gpc = (navigator as Navigator & { globalPrivacyControl?: boolean }).globalPrivacyControl || (navigator.doNotTrack as unknown) == 1
  cookieless = gpc || off || options!.cookieless == 'true' || (consent || options!.consent || 'granted') != 'granted'
}
