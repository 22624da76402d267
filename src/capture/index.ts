import { connectCapture } from '../tracker/index.js'
import type { Kind } from './kind.js'
import { connect, startKind } from './start-kinds.js'

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
    kinds.forEach((kind) => startKind?.(kind))
  })
}

export { outbound } from './outbound.js'
export type { Kind } from './kind.js'
