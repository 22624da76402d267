/** Texts that break queries, CSV, JSON, HTML and terminals. Each fits into a name of 64 characters. */
export const HOSTILE_TEXTS = [
  `it's "quoted" \\ and \\' more`,
  "'; DROP TABLE events; --",
  "' OR '1'='1",
  '<script>alert(1)</script>',
  '🛒 Größe 界 e\u0301',
  '=HYPERLINK("https://example.net")',
  'a,b;c\td',
  'two\r\nlines',
  '{siteId:String}',
  '%_\\%',
  '-1',
  ' around ',
  'null',
] as const

/** Paths as stored: parsed from a URL, or sent unparsed by older trackers. */
export const HOSTILE_PATHS = [
  "/it's",
  '/caf%C3%A9/%F0%9F%9B%92',
  '/a%22b%5Cc',
  "/'%20OR%20'1'='1",
  '/%3Cscript%3E',
  '/a,b;c',
  '/100%25',
  `/${'long/'.repeat(340)}`,
] as const

/** Paths that no URL produces but a row may contain. */
export const RAW_PATHS = [
  '/größe 🛒',
  '/a"b\\c',
  '/{siteId:String}',
  '/two\nlines',
  "/'; DROP TABLE events; --",
] as const

export const LONG_TEXT = `long ${'text '.repeat(99)}`.slice(0, 500)
