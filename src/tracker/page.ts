import { isExcluded } from './is-excluded.js'
import { resolveUrl } from './resolve-url.js'
import { send } from './send.js'

/** Address of the page that was counted last: the referrer of the next one. */
let counted: string

/** Counts a pageview of the current (or the given) address; none if it is the page already counted. */
export const page = (url?: string): void => {
  url = resolveUrl(url)
  // The referrer comes before the address that takes its place.
  if (url != counted)
    send({ referrer: isExcluded((counted ||= document.referrer)) ? '' : counted, url: (counted = url) })
}

/** Makes the next pageview a new one, also of the same address. */
export const forgetPage = (): void => {
  counted = ''
}
