import { options } from './options.js'
import { CONSENT, OPTED_OUT, readVisitorState, visitorState } from './visitor-state.js'

/** Whether the browser sends a privacy signal (Global Privacy Control or Do Not Track). */
export let gpc: boolean
/** Whether the tracker is cookieless. If truthy, no ID is stored in the browser and no visitor ID is sent. */
export let cookieless: string | number | boolean | undefined

/**
 * Reads the privacy settings of the browser, the options and the visitor. Call this function before each
 * event, because another tab may have changed the visitor's settings.
 */
export const readPrivacy = (): void => {
  readVisitorState()
  gpc =
    (navigator as Navigator & { globalPrivacyControl?: boolean }).globalPrivacyControl ||
    // Any other value, such as `'0'`, `'unspecified'` or null, means that Do Not Track is off.
    navigator.doNotTrack === '1'
  cookieless =
    gpc ||
    visitorState[OPTED_OUT] ||
    /true/.test(String(options.cookieless || options.cookielessMode)) ||
    (visitorState[CONSENT] ? visitorState[CONSENT] !== 'granted' : options.consent)
}
