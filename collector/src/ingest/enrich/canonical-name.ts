// What trackers, old and new, and servers call browsers and systems, and what reports call them.
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

/** The name that reports use for a browser or system; unknown ones stay as they are. */
export function canonicalName(token: string): string {
  return NAMES.get(token.toLowerCase()) ?? token
}
