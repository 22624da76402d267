/** Texts that queries, CSV, JSON, HTML and terminals stumble over. Each fits into a name of 64 characters. */
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

/** Paths as they are stored: a collector gets them from a URL that is parsed, or, from older versions, as they are. */
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

/** Paths that no URL gives, but a row may have. */
export const RAW_PATHS = [
  '/größe 🛒',
  '/a"b\\c',
  '/{siteId:String}',
  '/two\nlines',
  "/'; DROP TABLE events; --",
] as const

export const LONG_TEXT = `long ${'text '.repeat(99)}`.slice(0, 500)
