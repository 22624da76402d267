import { restore } from './deliver.js'
import { locateCollector, options } from './options.js'
import { page } from './page.js'
import { loadExclusions } from './page-url.js'
import { watchLifecycle } from './watch-lifecycle.js'
import { watchNavigation } from './watch-navigation.js'

// Delay before events of earlier pages are sent, so that the first pageview of this page is sent first.
const RESTORE_AFTER_MS = 1_000

/** Starts the tracker with the loaded options. */
export const startTracker = (): void => {
  locateCollector()
  loadExclusions()
  if (options.auto !== 'false') {
    page()
    watchNavigation()
  }
  watchLifecycle()
  setTimeout(restore, RESTORE_AFTER_MS)
}
