import type { OutgoingEvent } from './outbox.js'

// An iPad claims to be a Mac since iPadOS 13, and no Mac has a touch screen. Without one, "false" is replaced: no agent has it.
const readAgent = () => navigator.userAgent.replace((navigator.maxTouchPoints > 1 && '(Mac') as string, '(iPad')

const findToken = (pattern: RegExp, other = 'Other') => readAgent().match(pattern)?.[0] || other

/**
 * Device, browser and system as tokens of the user agent.
 *
 * The collector turns tokens into names (`Edg` is Edge, `iP` is iOS, `CriOS` is Chrome): a table here would
 * be downloaded by every visitor, and could not be mended for those who have an old script.
 */
export const describeDevice = (): OutgoingEvent => ({
  device_type: findToken(/iPad|Android(?!.*Mobi)/, '') ? 'tablet' : findToken(/Mobi/, '') ? 'mobile' : 'desktop',
  // Tokens of the first list stand beside "Chrome" or "Safari", which nearly every browser claims to be.
  browser: findToken(/Edg|OPR|Samsung|FxiOS|CriOS/, findToken(/Firefox|Chrom|Safari/)),
  // Android says "Linux; Android", an iPhone "like Mac OS X".
  os: findToken(/Android|iP|Mac|Windows|CrOS/, findToken(/Linux/)),
  user_agent: navigator.userAgent,
  language: navigator.language,
  screen: screen.width + 'x' + screen.height,
})
