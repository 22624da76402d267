import { forgetPage, page } from './page.js'
import { options } from './read-tag.js'
import { restore } from './restore.js'
import { retry, transmit } from './transmit.js'

/**
 * Follows a page that is hidden, left, shown again or online again.
 *
 * Hidden and left both, as a closing tab may fire only the one and a navigation only the other; each entry goes once.
 */
export const watchLife = (event: Event): void => {
  if (event.type == 'pagehide') {
    transmit(event)
    // Shown again from the back/forward cache, it is a new pageview.
    forgetPage()
  } else if (document.hidden) transmit(event)
  else {
    if (options!.auto != 'false') page()
    // A page asks for the answers that its beacons never got, and takes over what closed tabs left.
    restore()
    retry()
  }
}
