import { openDoor, type Connect } from './open-door.js'
import { collectorUrl, options } from './options.js'
import { resolveUrl } from './page-url.js'
import { COMMANDS, errors } from './run.js'
import { warn } from './warn.js'

const WAIT_MS = 100

// Not a script element: `import()` carries the nonce of this script and is no Trusted Types sink. An import while the page
// is parsed makes some engines ignore its import map. The URL is made absolute, because it would be relative to this script.
const load = (): void => {
  if (document.readyState === 'loading') options.onPage!()
  else
    import(resolveUrl(collectorUrl + '/../../capture.js'))
      .then(({ connect }: { connect: Connect }) => openDoor(connect, COMMANDS, errors))
      .catch((error) => warn('request', error))
}

/** Loads the file of capture after the first pageview, if the page asks for it. */
export const loadCapture = (): void => {
  if (options.capture || options.trackOutboundLinks) options.onPage = () => setTimeout(load, WAIT_MS) as never
}
