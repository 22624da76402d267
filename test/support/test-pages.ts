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
  /** `null` omits it. @default TRACKING_CODE */
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
  /** Kinds of captured events; only with the script. */
  capture?: string
  downloads?: string
  /** @default true */
  allowLocalhost?: boolean
  /** How the page loads the script. @default 'defer' */
  loading?: Loading
  /** URL of the script. @default the collector's */
  src?: string
  /** Attribute of the script. @default none: the collector is the origin of the script */
  apiUrl?: string
  /** Hash of the script, checked by the browser. */
  integrity?: string
  /** `window.ZENOVAY_TRACKER_CONFIG`, for pages with the script. */
  config?: Record<string, unknown>
  /** Added to every script of the page. */
  nonce?: string
  /** Starts the tracker twice. */
  twice?: boolean
  /**
   * Driven browsers set `navigator.webdriver`, which silences the tracker: pages hide it unless this is set.
   */
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

/** Before a tracker: makes a driven browser countable. */
export const DENY_WEBDRIVER = `<script>Object.defineProperty(Navigator.prototype, 'webdriver', { configurable: true, get: () => false })</script>`

/** Before a tracker: shortens its pauses to a tenth, for tests that do not measure them. */
export const SHORT_PAUSES = `<script>{ const wait = setTimeout; window.setTimeout = (run, ms, ...args) => wait(run, ms / 10, ...args) }</script>`

/** The HTML of a page of the site that contains the tracker. */
export function trackedPage(
  { site, collector }: { site: SiteServer; collector: Pick<RecordingCollector, 'url'> },
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
    capture: page.capture,
    downloads: page.downloads,
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
    // Not the promises: a browser driver would wait for them.
    window.tracker = new Proxy({}, { get: (_, command) => (...args) => { const result = tracker[command](...args); return result instanceof Promise ? undefined : result } })
    ${start}
    ${twice ? start : ''}
  </script>`
}

/** Options of both variants; undefined unless the page defines them. */
function readOptions({ cookieless, consent, cookieDomain, auto, hash, exclude }: TrackedPage) {
  return { cookieless, consent, cookieDomain, auto, hash, exclude }
}
