import { openDoor, type Connect } from './open-door.js'
import { collectorUrl, options } from './options.js'
import { resolveUrl } from './page-url.js'
import { COMMANDS, errors } from './run.js'
import { warn } from './warn.js'

const load = (): void => {
  // Not a script element: `import()` carries the nonce of this script and is no Trusted Types sink. The URL is made
  // absolute, because it would be relative to this script.
  import(resolveUrl(collectorUrl + '/../../capture.js'))
    .then(({ connect }: { connect: Connect }) => openDoor(connect, COMMANDS, errors))
    .catch((error) => warn('capture', error))
}

/** Loads the file of capture after the first pageview, if the page asks for it. */
export const loadCapture = (): void => {
  if (options.capture || options.trackOutboundLinks)
    options.onPage = () => {
      // An import before DOMContentLoaded makes some engines ignore the import map of the page.
      if (document.readyState === 'complete') setTimeout(load)
      else ['DOMContentLoaded', 'load'].forEach((type) => addEventListener(type, load))
    }
}
