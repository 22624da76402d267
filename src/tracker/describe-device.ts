import type { OutgoingEvent } from './outbox.js'

/**
 * What the browser says of itself and of its device. Not its screen: reports do without, and it would tell people apart.
 *
 * The collector reads names from the user agent: a table of them here would be downloaded by every visitor, and could not
 * be mended for those who have an old script. Only this side knows whether there is a touch screen: an iPad claims to be a Mac.
 */
export const describeDevice = (): OutgoingEvent => ({
  device_type: navigator.maxTouchPoints ? 'touch' : 'auto',
  os: 'auto',
  browser: 'auto',
  user_agent: navigator.userAgent,
})
