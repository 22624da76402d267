import { retry, transmit } from './deliver.js'
import { options } from './options.js'
import { BEACONED } from './outbox.js'
import { forgetPage, page } from './page.js'

const onChange = () => {
  if (document.hidden) transmit(BEACONED)
  else {
    if (options.auto !== 'false') page()
    // Beacons have no answers: their events are sent again with a request that has one.
    retry()
  }
}

/**
 * Sends events when the page is hidden, left, shown again or online again.
 *
 * It does so both when hidden and when left, because a closing tab may fire only the former and a navigation
 * only the latter; no event is sent twice.
 */
export const watchLifecycle = (): void => {
  // The listener captures, because prerenderingchange does not bubble from the document.
  ;['visibilitychange', 'prerenderingchange', 'online'].forEach((type) =>
    addEventListener(type, onChange, true),
  )
  addEventListener('pagehide', () => {
    transmit(BEACONED)
    // A page shown again from the back/forward cache is a new pageview.
    forgetPage()
  })
}
