import { isExcluded, resolveUrl } from './page-url.js'
import { send } from './send.js'

/** URL of the last counted page: the referrer of the next one. */
let lastUrl: string | undefined

/** Sends a pageview of the current or the given URL, unless it is the last one counted. */
export const page = (url?: string): void => {
  url = resolveUrl(url)
  if (url === lastUrl) return
  const referrer = lastUrl || document.referrer
  lastUrl = url
  send({ referrer: isExcluded(referrer) ? '' : referrer, url })
}

/** Makes the next pageview count even if its URL is the last one. */
export const forgetPage = (): void => {
  lastUrl = ''
}
