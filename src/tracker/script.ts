import { TRACKING_CODE } from '../contract/tracking-code.js'
import { loadCapture } from './load-capture.js'
import { loadOptions, trackingCode, type Tag } from './options.js'
import { run } from './run.js'
import { startTracker } from './start-tracker.js'
import { guard, warn } from './warn.js'

interface Api {
  (...call: Parameters<typeof run>): unknown
  /** Calls that the page's placeholder function queued before this script was loaded. */
  q?: Parameters<typeof run>[]
  /**
   * Set on this function but not on the placeholder function, so that a page that loads the script twice is
   * tracked only once.
   */
  v?: number
}

interface Host {
  zenovay?: Api
}

guard(() => {
  const stub = (window as Host).zenovay
  if (stub?.v) return
  // Not `document.scripts`, because `<img name="scripts">` would replace it.
  const scripts = document.querySelectorAll('script') as unknown as Tag[]
  const tags = [document.currentScript as Tag | null, ...scripts]
  // Use the first script tag with a tracking code. A module script or a bundled script has no
  // `currentScript`.
  tags.find(loadOptions)
  if (TRACKING_CODE.test(trackingCode!)) {
    ;(run as Api).v = 1
    ;(window as Host).zenovay = run
    startTracker()
    loadCapture()
    stub?.q?.forEach((call) => run(...call))
  } else warn(trackingCode, 'write data-tracking-code=ZV_...')
})()
