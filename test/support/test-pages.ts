import { probeScript } from './page-probe.js'
import type { RecordingCollector } from './recording-collector.js'
import type { SiteServer } from './site-server.js'

/** The two artefacts that users install: the script tag and the npm package. */
export const VARIANTS = ['script', 'esm'] as const
export type Variant = (typeof VARIANTS)[number]

export const TRACKING_CODE = 'ZV_BrowserTest1'

export interface TrackedPage {
  variant: Variant
  /** `null` leaves it out. @default TRACKING_CODE */
  code?: string | null
  title?: string
  /** HTML before the tracker. */
  head?: string
  body?: string
  cookieless?: boolean
  /** @default true */
  allowLocalhost?: boolean
  /** Start the tracker twice. */
  twice?: boolean
  /** Driven browsers report `navigator.webdriver`, and then the tracker is silent: pages deny it unless this is set. */
  admitWebdriver?: boolean
}

/** The tracker's functions, called the same way in both variants once the page has loaded. */
export interface PageTracker {
  track(name: string, properties?: Record<string, unknown>): void
  page(url?: string): void
  getVisitorId(): string | undefined
}

declare global {
  interface Window {
    tracker: PageTracker
    zenovay?: ((...call: unknown[]) => unknown) & { q?: unknown[] }
  }
}

/** Before a tracker: what a driven browser needs so that it is counted. */
export const DENY_WEBDRIVER = `<script>Object.defineProperty(Navigator.prototype, 'webdriver', { configurable: true, get: () => false })</script>`

/** The HTML of a page of the site that carries the tracker. */
export function trackedPage({ site, collector }: { site: SiteServer; collector: RecordingCollector }, page: TrackedPage): string {
  const tracker = page.variant === 'script' ? scriptTracker(collector.url, page) : esmTracker(collector.url, page)
  return plainPage(site, {
    title: page.title,
    head: [page.admitWebdriver ? '' : DENY_WEBDRIVER, page.head ?? '', tracker].join('\n'),
    body: page.body,
  })
}

/** The HTML of a page without the tracker. */
export function plainPage(site: SiteServer, { title = 'Test page', head = '', body = '' }: { title?: string | undefined; head?: string; body?: string | undefined } = {}): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
${probeScript(site.url)}
${head}
</head>
<body>${body}</body>
</html>`
}

function scriptTracker(collectorUrl: string, { code = TRACKING_CODE, cookieless, allowLocalhost = true, twice }: TrackedPage): string {
  const attributes = [
    code === null ? '' : `data-tracking-code="${code}"`,
    cookieless ? 'data-cookieless="true"' : '',
    allowLocalhost ? 'data-allow-localhost="true"' : '',
    // Without it, browsers keep rejections inside a script of another origin from the page, and so from the probe.
    'crossorigin',
  ].join(' ')
  const tag = `<script defer ${attributes} src="${collectorUrl}/z.js"></script>`
  const tracker = `<script>
    window.tracker = {
      track: (...args) => zenovay('track', ...args),
      page: (...args) => zenovay('page', ...args),
      getVisitorId: () => zenovay('getVisitorId'),
    }
  </script>`
  return [tracker, tag, twice ? tag : ''].join('\n')
}

function esmTracker(collectorUrl: string, { code = TRACKING_CODE, cookieless = false, allowLocalhost = true, twice }: TrackedPage): string {
  const start = `tracker.init(${JSON.stringify(code ?? undefined)}, ${JSON.stringify({ apiUrl: collectorUrl, cookieless, allowLocalhost })})`
  return `<script type="module">
    import * as tracker from '/index.mjs'
    window.tracker = tracker
    ${start}
    ${twice ? start : ''}
  </script>`
}
