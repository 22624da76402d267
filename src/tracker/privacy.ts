import { options } from './options.js'
import { CONSENT, OPTED_OUT, readVisitorState, visitorState } from './visitor-state.js'

/** Whether Global Privacy Control or Do Not Track is on. */
export let gpc: boolean
/** When truthy, no id is written to the browser and no visitor id is sent. */
export let cookieless: string | number | boolean | undefined

/**
 * Reads the privacy settings of browser, tag and visitor. It is called before each event, because another tab
 * may change them.
 */
export const readPrivacy = (): void => {
  readVisitorState()
  gpc =
    (navigator as Navigator & { globalPrivacyControl?: boolean }).globalPrivacyControl ||
    // The other values are "unspecified" and null.
    navigator.doNotTrack === '1'
  cookieless =
    gpc ||
    visitorState[OPTED_OUT] ||
    /true/.test(String(options.cookieless || options.cookielessMode)) ||
    (visitorState[CONSENT] ? visitorState[CONSENT] !== 'granted' : options.consent)
}
