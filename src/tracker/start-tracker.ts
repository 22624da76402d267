import { retry, retryTimer } from './deliver.js'
import { locateCollector, options } from './options.js'
import { loadPage } from './page-url.js'
import { guard } from './warn.js'
import { watchLifecycle } from './watch-lifecycle.js'
import { countSettledPage, watchNavigation } from './watch-navigation.js'

// The page's own work comes first.
const RESTORE_MS = 1_000

/** Starts the tracker with the loaded options. The first pageview is sent at the end of this task. */
export const startTracker = (): void => {
  locateCollector()
  loadPage()
  if (options.auto !== 'false') {
    watchNavigation()
    countSettledPage(0)
  }
  // In this task, because the first event of a new visitor is only in memory until the page is left.
  watchLifecycle()
  setTimeout(
    guard(() => {
      if (!retryTimer) retry()
    }),
    RESTORE_MS,
  )
}
