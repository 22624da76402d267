import {
  createServerTracker as createTracker,
  type ServerTracker,
  type ServerTrackerOptions,
} from '../server/index.js'

/** How long a process that has nothing else to do waits for its events. */
const EXIT_MS = 10_000

/**
 * Creates a client that sends events from a server, as `createServerTracker` of `@zenovay/tracker/server` does. A process that
 * ends because it has nothing more to do first sends what waits, for up to ten seconds. Before `process.exit()`, and on a
 * signal, call `close()`.
 *
 * @example
 * import { createServerTracker } from '@zenovay/tracker/node'
 * const analytics = createServerTracker({ trackingCode: 'ZV_XXXXXXXXXXX', apiUrl: 'https://collector.example' })
 * process.once('SIGTERM', () => void analytics.close())
 */
export function createServerTracker(options: ServerTrackerOptions): ServerTracker {
  const tracker = createTracker(options)
  const sendWaiting = () => {
    if (tracker.stats().waiting === 0) return
    // Once: the event is emitted again after it has given the process something to do.
    process.off('beforeExit', sendWaiting)
    const alive = setInterval(() => {}, EXIT_MS)
    void tracker.flush({ timeoutMs: EXIT_MS }).then(({ waiting, lastError }) => {
      clearInterval(alive)
      if (waiting > 0)
        console.warn(
          `zenovay: the process ends before its events are delivered: ${waiting}. ${lastError?.message ?? ''}`,
        )
    })
  }
  process.on('beforeExit', sendWaiting)
  return {
    ...tracker,
    close(options) {
      process.off('beforeExit', sendWaiting)
      return tracker.close(options)
    },
  }
}
