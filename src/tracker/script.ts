import { TRACKING_CODE } from '../contract/tracking-code.js'
import { code, readTag, type Tag } from './read-tag.js'
import { run } from './run.js'
import { startTracker } from './start-tracker.js'
import { warn } from './warn.js'

type Host = { zenovay?: Api }

interface Api {
  (...call: Parameters<typeof run>): unknown
  /** Calls that the page's stub has kept. */
  q?: Parameters<typeof run>[]
  /** Tells this function from the stub: loaded twice, the script counts once. */
  v?: number
}

const stub = (window as unknown as Host).zenovay
const api: Api = run

if (!stub?.v) {
  // A module, or a script inside a bundle, has no tag as `currentScript`: it is found by its attribute.
  ;[document.currentScript as Tag | null, ...(document.scripts as unknown as Tag[])].find(readTag)
  if (TRACKING_CODE.test(code!)) {
    ;(window as unknown as Host).zenovay = api
    api.v = 1
    startTracker()
    stub?.q?.map((call) => run(...call))
  } else warn(code, 'write data-tracking-code=ZV_...')
}
