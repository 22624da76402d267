import { options } from './options.js'
import { CONSENT, OPTED_OUT, readVisitorState, visitorState } from './visitor-state.js'

type Flag = string | number | boolean | undefined

/** Whether the browser sends a privacy signal (Global Privacy Control or Do Not Track). */
export let gpc: boolean
/** When truthy, nothing is sent: the visitor opted out, or has not given the consent to wait for. */
export let isSilent: Flag
/** When truthy, the visitor refuses to be recognized: no user ID leaves the browser. */
export let isRefused: Flag
/** When truthy, no ID is written to the browser and no visitor ID is sent. */
export let cookieless: Flag

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
  const lacksConsent = visitorState[CONSENT] ? visitorState[CONSENT] !== 'granted' : options.consent
  isSilent = visitorState[OPTED_OUT] || (lacksConsent && options.consent === 'wait')
  isRefused = gpc || visitorState[OPTED_OUT] || lacksConsent
  cookieless = isRefused || /true/.test(String(options.cookieless || options.cookielessMode))
}
