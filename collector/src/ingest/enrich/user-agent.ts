import { memoize } from '../../cache.js'
import { canonicalName } from './sources.js'

// In this order: browsers call themselves the one they are built on, too, and nearly all of them "Chrome" or "Safari".
const BROWSERS = [
  /Edg(?=\/|A|iOS)/,
  /OPR|OPT(?=\/)/,
  /SamsungBrowser/,
  /YaBrowser/,
  /Vivaldi/,
  /DuckDuckGo|Ddg/,
  /UCBrowser/,
  /Firefox|FxiOS/,
  /CriOS|Chrom(?=e|ium)/,
  /Safari/,
]
// Android says "Linux; Android", an iPhone "like Mac OS X", a Chromebook "X11; CrOS".
const SYSTEMS = [/Android/, /iPhone|iPad|iPod/, /Mac/, /Windows/, /CrOS/, /Linux/]

interface ClientClaims {
  device_type: string
  browser: string
  os: string
  user_agent: string
}

type ClientNames = Pick<ClientClaims, 'device_type' | 'browser' | 'os'>

/**
 * Names device, browser and system for reports. What a client says is taken, in the reports' words; where it leaves that to
 * the collector (`auto`, and `touch` for a device with a touch screen), its user agent tells.
 */
export function parseUserAgent({ device_type, browser, os, user_agent }: ClientClaims): ClientNames {
  const names = {
    device_type:
      device_type === 'auto' || device_type === 'touch' ? readAgent(user_agent).device : device_type,
    browser: canonicalName(browser === 'auto' ? readAgent(user_agent).browser : browser),
    os: canonicalName(os === 'auto' ? readAgent(user_agent).os : os),
  }
  // An iPad claims to be a Mac since iPadOS 13, and no Mac has a touch screen.
  return device_type === 'touch' && names.os === 'macOS'
    ? { ...names, device_type: 'tablet', os: 'iOS' }
    : names
}

// Few browsers have most visitors.
const MAX_AGENTS = 1_000
const readAgent = memoize(
  (agent) => ({
    device: nameDevice(agent),
    browser: findToken(agent, BROWSERS),
    os: findToken(agent, SYSTEMS),
  }),
  MAX_AGENTS,
)

function nameDevice(userAgent: string): string {
  if (/iPad|Android(?!.*Mobi)/.test(userAgent)) return 'tablet'
  return /Mobi/.test(userAgent) ? 'mobile' : 'desktop'
}

function findToken(userAgent: string, patterns: RegExp[]): string {
  for (const pattern of patterns) {
    const token = pattern.exec(userAgent)
    if (token) return token[0]
  }
  return 'Other'
}
