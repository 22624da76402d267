export { startLiveWidget } from './start-live-widget.js'
export type { LiveWidgetOptions } from './start-live-widget.js'
export type { LiveAnswer } from '../contract/wire.js'
