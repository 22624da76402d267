import { memoize } from '../../cache.js'

/**
 * Client fields of an event. `auto` leaves a value to the user agent, `touch` marks a device with a touch
 * screen.
 */
interface ClientFields {
  device_type: string
  browser: string
  os: string
  user_agent: string
}

type Client = Pick<ClientFields, 'device_type' | 'browser' | 'os'>

// A small cache suffices: few user agents account for most visits.
const MAX_AGENTS = 1_000
// The list is ordered: browsers also name the ones they are built on, and nearly all name "Chrome" or
// "Safari".
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
// The list is ordered: Android says "Linux; Android", an iPhone "like Mac OS X", a Chromebook "X11; CrOS".
const SYSTEMS = [/Android/, /iPhone|iPad|iPod/, /Mac/, /Windows/, /CrOS/, /Linux/]

// Tokens of trackers, servers and user agents, and the names that reports show.
const NAMES = new Map(
  Object.entries({
    edg: 'Edge',
    edga: 'Edge',
    edgios: 'Edge',
    opr: 'Opera',
    opt: 'Opera',
    yabrowser: 'Yandex Browser',
    ddg: 'DuckDuckGo',
    ucbrowser: 'UC Browser',
    ipod: 'iOS',
    samsung: 'Samsung Internet',
    samsungbrowser: 'Samsung Internet',
    fxios: 'Firefox',
    crios: 'Chrome',
    chrom: 'Chrome',
    chromium: 'Chrome',
    'mobile safari': 'Safari',
    ip: 'iOS',
    iphone: 'iOS',
    ipad: 'iOS',
    ipados: 'iOS',
    mac: 'macOS',
    'mac os': 'macOS',
    'mac os x': 'macOS',
    macintosh: 'macOS',
    cros: 'ChromeOS',
    'chrome os': 'ChromeOS',
    win: 'Windows',
  }),
)

/**
 * Device, browser and system of an event: the sender's values under the names of reports, or those of its
 * user agent.
 */
export function parseUserAgent({ device_type, browser, os, user_agent }: ClientFields): Client {
  const client = {
    device_type:
      device_type === 'auto' || device_type === 'touch' ? parseAgent(user_agent).device : device_type,
    browser: canonicalName(browser === 'auto' ? parseAgent(user_agent).browser : browser),
    os: canonicalName(os === 'auto' ? parseAgent(user_agent).os : os),
  }
  // Since iPadOS 13 an iPad claims to be a Mac, and no Mac has a touch screen.
  return device_type === 'touch' && client.os === 'macOS'
    ? { ...client, device_type: 'tablet', os: 'iOS' }
    : client
}

/** The name of a browser or system in reports; unknown ones stay unchanged. */
export function canonicalName(token: string): string {
  return NAMES.get(token.toLowerCase()) ?? token
}

const parseAgent = memoize(
  (agent) => ({
    device: findDevice(agent),
    browser: findToken(agent, BROWSERS),
    os: findToken(agent, SYSTEMS),
  }),
  MAX_AGENTS,
)

function findDevice(userAgent: string): string {
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
