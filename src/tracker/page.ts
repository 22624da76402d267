import { isExcluded, resolveUrl } from './page-url.js'
import { send } from './send.js'

/** URL of the last pageview, which is the referrer of the next pageview. */
let lastUrl: string | undefined

/**
 * Sends a pageview of `url`, or of the current page by default. Does nothing if the last pageview had the
 * same URL.
 */
export const page = (url?: string): void => {
  url = resolveUrl(url)
  if (url === lastUrl) return
  const referrer = lastUrl || document.referrer
  lastUrl = url
  send({ referrer: isExcluded(referrer) ? '' : referrer, url })
}

/** Makes the next call of {@link page} send a pageview even if the URL has not changed. */
export const forgetPage = (): void => {
  lastUrl = ''
}
