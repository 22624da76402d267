export {
  connectCapture,
  consent,
  disable,
  enable,
  getVisitorId,
  goal,
  identify,
  init,
  page,
  reset,
  revenue,
  track,
} from './module-tracker.js'
export type { EventSettings } from './module-tracker.js'
export type { TrackerOptions } from './tracker-options.js'
export type { Properties, PropertyValue } from '../contract/wire.js'
