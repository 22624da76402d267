import type { Properties } from '../contract/wire.js'
import { connectCapture } from '../tracker/index.js'
import { connect } from './core.js'
import { reportError } from './errors.js'

/**
 * Sends an error that the page has caught, as `zenovay('error', error, properties)` does. Any value is accepted. A call before
 * `init` waits for it; on a server it does nothing. The limits are those of the kind `errors`, which need not be captured.
 *
 * @example
 * import { captureException } from '@zenovay/tracker/capture'
 * try {
 *   JSON.parse('{')
 * } catch (error) {
 *   captureException(error, { step: 'checkout' })
 * }
 */
export function captureException(error: unknown, properties?: Properties): void {
  connectCapture((...door) => {
    connect(...door)
    reportError(error, true, {}, properties)
  })
}
