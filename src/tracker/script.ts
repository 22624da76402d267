import { TRACKING_CODE } from '../contract/tracking-code.js'
import { code, readTag, type Tag } from './read-tag.js'
import { run } from './run.js'
import { startTracker } from './start-tracker.js'
import { warn } from './warn.js'

interface Api {
  (...call: Parameters<typeof run>): unknown
  /** Calls that the page's stub has kept. */
  q?: Parameters<typeof run>[]
  /** Tells this function from the stub: loaded twice, the script counts once. */
  v?: number
}

type Host = { zenovay?: Api }

const stub = (window as Host).zenovay

if (!stub?.v) {
  // A module, or a script inside a bundle, has no tag as `currentScript`: it is found by its attribute.
  ;[document.currentScript as Tag | null, ...(document.scripts as unknown as Tag[])].find(readTag)
  if (TRACKING_CODE.test(code!)) {
    ;((window as Host).zenovay = run as Api).v = 1
    startTracker()
    stub?.q?.map((call) => run(...call))
  } else warn(code, 'write data-tracking-code=ZV_...')
}
