import { isExcluded, resolveUrl } from './page-url.js'
import { send, textOf } from './send.js'
import { warn } from './warn.js'

// A page may count so many pageviews in that time. Whatever it does, it stays below the collector's limits of
// 60 events in 10 s and 5,000 in an hour, with room for other events and tabs.
const MAX_PAGEVIEWS = 30
const PERIOD_MS = 30_000

/** URL of the last pageview, which is the referrer of the next pageview. */
let lastUrl: string | undefined
/** URL in the address bar at the last pageview, which may be of a virtual page. Empty after {@link forgetPage}. */
export let lastAddress: string | undefined
/** Title of the last counted page. */
export let lastTitle = ''
let recentPageviews = 0

/**
 * Sends a pageview of the current or the given URL, unless it is the last one counted. Returns whether it must
 * wait, because there were too many. A page that was navigated away from gives the `address` it had.
 */
export const page = (url?: string, address?: string): boolean => {
  url = resolveUrl(url)
  if (url !== lastUrl) {
    if (recentPageviews >= MAX_PAGEVIEWS) {
      warn(MAX_PAGEVIEWS, 'pageviews in 30 s')
      return true
    }
    recentPageviews++
    setTimeout(() => recentPageviews--, PERIOD_MS)
    const referrer = lastUrl || textOf(document.referrer)
    lastUrl = url
    lastTitle = document.title
    send({ referrer: isExcluded(referrer) ? '' : referrer, url })
  }
  lastAddress = resolveUrl(address)
  return false
}

/** Makes the next call of {@link page} send a pageview even if the URL has not changed. */
export const forgetPage = (): void => {
  lastUrl = lastAddress = ''
}
