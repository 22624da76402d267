import { locateCollector } from './locate-collector.js'
import { page } from './page.js'
import { options } from './read-tag.js'
import { restore } from './restore.js'
import { watchLife } from './watch-life.js'
import { watchNavigation } from './watch-navigation.js'

// Off the way to the first pageview: what waits from an earlier page has waited long.
const RESTORE_AFTER_MS = 1_000

/** Starts what the tag asks for. */
export const startTracker = (): void => {
  locateCollector()
  if (options!.auto != 'false') {
    page()
    watchNavigation()
  }
  watchLife()
  setTimeout(restore, RESTORE_AFTER_MS)
}
