import { forgetPage, page } from './page.js'
import { options } from './read-tag.js'
import { retry, transmit } from './transmit.js'

const follow = () => {
  if (document.hidden) transmit(2)
  else {
    if (options!.auto != 'false') page()
    // A page asks for the answers that its beacons never got.
    retry()
  }
}

/**
 * Follows a page that is hidden, left, shown again or online again.
 *
 * Hidden and left both, as a closing tab may fire only the one and a navigation only the other; each entry goes once.
 */
export const watchLife = (): void => {
  // Captured: prerenderingchange does not bubble up from the document.
  ;['visibilitychange', 'prerenderingchange', 'online'].map((type) => addEventListener(type, follow, true))
  addEventListener('pagehide', () => {
    transmit(2)
    // Shown again from the back/forward cache, it is a new pageview.
    forgetPage()
  })
}
