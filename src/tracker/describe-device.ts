import type { OutgoingEvent } from './outbox.js'

/**
 * Device, browser and system as the user agent says it.
 *
 * Browser and system are tokens, which the collector makes names of, and more exact with the whole agent (`Chrom` may
 * be Edge): a table here would be downloaded by every visitor, and could not be mended for those who have an old script.
 */
export const describeDevice = (): OutgoingEvent => {
  const { userAgent, language, maxTouchPoints } = navigator
  const findToken = (pattern: RegExp) => userAgent.match(pattern)?.[0] || 'Other'
  return {
    // An iPad claims to be a Mac since iPadOS 13, and no Mac has a touch screen.
    device_type: maxTouchPoints > 1 && /iPad|Macin|Android(?!.*Mobi)/.test(userAgent) ? 'tablet' : /Mobi/.test(userAgent) ? 'mobile' : 'desktop',
    browser: findToken(/Firefox|Chrom|Safari/),
    // Android says "Linux; Android", an iPhone "like Mac OS X".
    os: findToken(/Android|iP|Mac|Windows|Linux(?!;)/),
    user_agent: userAgent,
    language,
    screen: screen.width + 'x' + screen.height,
  }
}
