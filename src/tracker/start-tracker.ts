import { locateCollector } from './locate-collector.js'
import { forgetPage, page } from './page.js'
import { readPrivacy } from './read-privacy.js'
import { options } from './read-tag.js'
import { restore } from './restore.js'
import { retry, transmit } from './transmit.js'
import { watchNavigation } from './watch-navigation.js'

// Off the way to the first pageview: what waits from an earlier page has waited long.
const RESTORE_AFTER_MS = 1_000

/** Starts what the tag asks for. */
export const startTracker = (): void => {
  locateCollector()
  readPrivacy()
  // Both, as a closing tab may fire only the one and a navigation only the other; each entry goes once.
  addEventListener('visibilitychange', (event) => document.hidden && transmit(event))
  addEventListener('pagehide', (event) => {
    transmit(event)
    forgetPage()
  })
  addEventListener('online', retry)
  document.addEventListener('prerenderingchange', retry)
  setTimeout(restore, RESTORE_AFTER_MS)
  if (options!.auto != 'false') {
    page()
    watchNavigation()
  }
}
