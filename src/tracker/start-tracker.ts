import { retry, retryTimer } from './deliver.js'
import { locateCollector, options } from './options.js'
import { loadExclusions } from './page-url.js'
import { guard } from './warn.js'
import { watchLifecycle } from './watch-lifecycle.js'
import { countSettledPage, watchNavigation } from './watch-navigation.js'

// The page's own work comes first.
const RESTORE_MS = 1_000

/**
 * Starts the tracker with the loaded options. The first pageview is sent at the end of this task. The next
 * tasks do what the first pageview does not need.
 */
export const startTracker = (): void => {
  locateCollector()
  loadExclusions()
  if (options.auto !== 'false') {
    watchNavigation()
    countSettledPage(0)
  }
  setTimeout(watchLifecycle)
  setTimeout(
    guard(() => {
      if (!retryTimer) retry()
    }),
    RESTORE_MS,
  )
}
