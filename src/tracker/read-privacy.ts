import { options } from './read-tag.js'

/** Global Privacy Control or Do Not Track is on. */
export let gpc: boolean
/** Nothing may be written to the browser, and no visitor is named. */
export let cookieless: boolean

/** Asks browser and tag once, before anything is counted. */
export const readPrivacy = (): void => {
  // Do Not Track is "1", "unspecified" or null.
  gpc = (navigator as Navigator & { globalPrivacyControl?: boolean }).globalPrivacyControl || (navigator.doNotTrack as unknown) == 1
  cookieless = gpc || options!.cookieless == 'true'
}
