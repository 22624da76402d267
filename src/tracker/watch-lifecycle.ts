import { resume, transmit } from './deliver.js'
import { options } from './options.js'
import { BEACONED } from './outbox.js'
import { forgetPage, lastAddress, page } from './page.js'
import { guard } from './warn.js'
import { flushPage, stopWaiting } from './watch-navigation.js'

const leave = () => {
  flushPage()
  transmit(BEACONED)
}

const onChange = guard(() => {
  if (document.hidden) leave()
  else {
    if (options.auto !== 'false' && !lastAddress) page()
    transmit()
    // Beacons have no answers: their events are sent again with a request that has one.
    resume()
  }
})

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
  addEventListener(
    'pagehide',
    guard(() => {
      leave()
      // A page shown again from the back/forward cache is a new pageview.
      stopWaiting()
      forgetPage()
    }),
  )
}
