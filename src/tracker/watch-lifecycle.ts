import { retry, transmit } from './deliver.js'
import { options } from './options.js'
import { BEACONED } from './outbox.js'
import { forgetPage, page } from './page.js'

const onChange = () => {
  if (document.hidden) transmit(BEACONED)
  else {
    if (options.auto !== 'false') page()
    // Send the events of beacons again as POST requests, because a beacon has no response that acknowledges
    // them.
    retry()
  }
}

/**
 * Adds listeners that send events when the page is hidden, left, shown again or online again.
 *
 * Events are sent both when the page is hidden and when it is left, because a closing tab may fire only
 * `visibilitychange` and a navigation only `pagehide`. No event is sent twice.
 */
export const watchLifecycle = (): void => {
  // Listen in the capture phase, because `prerenderingchange` does not bubble from the document.
  ;['visibilitychange', 'prerenderingchange', 'online'].forEach((type) =>
    addEventListener(type, onChange, true),
  )
  addEventListener('pagehide', () => {
    transmit(BEACONED)
    // Make the page send a new pageview if it is shown again from the back/forward cache.
    forgetPage()
  })
}
