import { probeScript } from './page-probe.js'
import type { RecordingCollector } from './recording-collector.js'
import { scriptTag, type Loading } from './script-tag.js'
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
  consent?: 'required'
  cookieDomain?: string
  auto?: boolean
  hash?: boolean
  exclude?: string
  /** @default true */
  allowLocalhost?: boolean
  /** How a page gets the script. @default 'defer' */
  loading?: Loading
  /** Address of the script. @default the collector's */
  src?: string
  /** Attribute of the script. @default none: the collector is where the script comes from */
  apiUrl?: string
  /** Hash of the script that the browser must check. */
  integrity?: string
  /** `window.ZENOVAY_TRACKER_CONFIG`, which pages with the script may have. */
  config?: Record<string, unknown>
  /** Given to every script of the page. */
  nonce?: string
  /** Start the tracker twice. */
  twice?: boolean
  /** Driven browsers report `navigator.webdriver`, and then the tracker is silent: pages deny it unless this is set. */
  admitWebdriver?: boolean
}

/** The tracker's functions, called the same way in both variants once the page has loaded. */
export interface PageTracker {
  track(name: string, properties?: Record<string, unknown>): void
  page(url?: string): void
  goal(name: string, properties?: Record<string, unknown>): void
  revenue(amount: number, currency?: string, properties?: Record<string, unknown>): void
  identify(user: string, traits?: Record<string, unknown>): void
  reset(): void
  consent(choice: 'granted' | 'denied'): void
  disable(): void
  enable(): void
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

/** Before a tracker: its pauses are a tenth as long, where what is tested is not the pause. */
export const SHORT_PAUSES = `<script>{ const wait = setTimeout; window.setTimeout = (run, ms) => wait(run, ms / 10) }</script>`

/** The HTML of a page of the site that carries the tracker. */
export function trackedPage(
  { site, collector }: { site: SiteServer; collector: RecordingCollector },
  page: TrackedPage,
): string {
  const tracker =
    page.variant === 'script' ? scriptTracker(collector.url, page) : esmTracker(collector.url, page)
  const html = plainPage(site, {
    title: page.title,
    head: [page.admitWebdriver ? '' : DENY_WEBDRIVER, page.head ?? '', tracker].join('\n'),
    body: page.body,
  })
  return page.nonce ? html.replaceAll('<script', `<script nonce="${page.nonce}"`) : html
}

/** The HTML of a page without the tracker. */
export function plainPage(
  site: SiteServer,
  {
    title = 'Test page',
    head = '',
    body = '',
  }: { title?: string | undefined; head?: string; body?: string | undefined } = {},
): string {
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

function scriptTracker(collectorUrl: string, page: TrackedPage): string {
  const {
    code = TRACKING_CODE,
    allowLocalhost = true,
    loading = 'defer',
    src = `${collectorUrl}/z.js`,
    apiUrl,
    config,
    integrity,
    twice,
  } = page
  const options = Object.entries({
    ...readOptions(page),
    apiUrl,
    allowLocalhost: allowLocalhost || undefined,
  })
  const dataset = {
    trackingCode: code ?? undefined,
    ...Object.fromEntries(options.map(([name, value]) => [name, value?.toString()])),
  }
  const tag = scriptTag(loading, { src, dataset, integrity })
  const tracker = `<script>
    window.tracker = new Proxy({}, { get: (_, command) => (...args) => zenovay(command, ...args) })
    ${config ? `window.ZENOVAY_TRACKER_CONFIG = ${JSON.stringify(config)}` : ''}
  </script>`
  return [tracker, tag, twice ? tag : ''].join('\n')
}

function esmTracker(collectorUrl: string, page: TrackedPage): string {
  const { code = TRACKING_CODE, allowLocalhost = true, twice } = page
  const options = { ...readOptions(page), apiUrl: collectorUrl, allowLocalhost }
  const start = `tracker.init(${JSON.stringify(code ?? undefined)}, ${JSON.stringify(options)})`
  return `<script type="module">
    import * as tracker from '/index.mjs'
    window.tracker = tracker
    ${start}
    ${twice ? start : ''}
  </script>`
}

/** What both variants have; undefined where the page does not say. */
function readOptions({ cookieless, consent, cookieDomain, auto, hash, exclude }: TrackedPage) {
  return { cookieless, consent, cookieDomain, auto, hash, exclude }
}
