import { memoize } from '../../cache.js'

/**
 * The fields of an event that describe its client. A field with the value `auto` is derived from the user
 * agent. The device type `touch` also means `auto`, for a device with a touch screen.
 */
interface ClientFields {
  device_type: string
  browser: string
  os: string
  user_agent: string
}

type Client = Pick<ClientFields, 'device_type' | 'browser' | 'os'>

// A small cache suffices, because few user agents account for most visits.
const MAX_AGENTS = 1_000
// The order matters, because user agents also name the browsers that a browser is built on, and nearly all of
// them contain "Chrome" or "Safari".
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
// The order matters, because Android user agents contain "Linux; Android", those of an iPhone "like Mac OS
// X", and those of a Chromebook "X11; CrOS".
const SYSTEMS = [/Android/, /iPhone|iPad|iPod/, /Mac/, /Windows/, /CrOS/, /Linux/]

// Maps the names that trackers, servers and user agents use to the names that reports show.
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
 * Returns the device type, browser and operating system of an event. Browser and operating system have the
 * names that reports show. A value that the sender did not specify is derived from the user agent.
 */
export function parseUserAgent({ device_type, browser, os, user_agent }: ClientFields): Client {
  const client = {
    device_type:
      device_type === 'auto' || device_type === 'touch' ? parseAgent(user_agent).device : device_type,
    browser: canonicalName(browser === 'auto' ? parseAgent(user_agent).browser : browser),
    os: canonicalName(os === 'auto' ? parseAgent(user_agent).os : os),
  }
  // Since iPadOS 13, an iPad claims to be a Mac. Because no Mac has a touch screen, a Mac with a touch screen
  // is an iPad.
  return device_type === 'touch' && client.os === 'macOS'
    ? { ...client, device_type: 'tablet', os: 'iOS' }
    : client
}

/**
 * Returns the name that reports show for a browser or operating system. An unknown name is returned
 * unchanged.
 */
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
