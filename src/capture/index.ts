import { connectCapture } from '../tracker/index.js'
import { connect, type Kind } from './core.js'

const started: Kind[] = []

/**
 * Captures these kinds of events, as the attribute `data-capture` does. Call it before or after `init`; a bundler keeps
 * only the kinds that are imported. Does nothing on a server.
 *
 * @example
 * import { init } from '@zenovay/tracker'
 * import { capture, outbound } from '@zenovay/tracker/capture'
 * init('ZV_XXXXXXXXXXX')
 * capture(outbound)
 */
export function capture(...kinds: Kind[]): void {
  connectCapture((...door) => {
    connect(...door)
    for (const kind of kinds)
      if (!started.includes(kind)) {
        started.push(kind)
        kind()
      }
  })
}

export { captureException } from './capture-exception.js'
export { clicks } from './clicks.js'
export { copy } from './copy.js'
export { dead } from './dead.js'
export { downloads } from './downloads.js'
export { engagement } from './engagement.js'
export { errors } from './errors.js'
export { forms } from './forms.js'
export { notfound } from './notfound.js'
export { outbound } from './outbound.js'
export { rage } from './rage.js'
export { video } from './video.js'
export { views } from './views.js'
export { vitals } from './measure-vitals.js'
export type { Kind } from './core.js'
