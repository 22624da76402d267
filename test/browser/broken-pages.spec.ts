import { readArtefacts } from '../support/read-artefacts.js'
import { readNames } from '../support/read-names.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import { scriptTag, STUB } from '../support/script-tag.js'
import type { SiteServer } from '../support/site-server.js'
import { StandIn } from '../support/stand-in.js'
import { expect, test as base } from '../support/store-fixtures.js'
import {
  plainPage,
  trackedPage,
  TRACKING_CODE,
  VARIANTS,
  type TrackedPage,
  type Variant,
} from '../support/test-pages.js'
import { MANNERS, visitBrokenFrames, type Breakage } from '../support/visit-broken-frames.js'

const NAMES = {
  script: readNames(readArtefacts('z.js').get('/z.js')!.toString()),
  esm: readNames(readArtefacts('index.mjs').get('/index.mjs')!.toString()),
}

/** Interfaces of browser and language. Those that the tracker names are broken before it starts. */
const INTERFACES = `
  fetch Response.prototype.status Response.prototype.ok Response.prototype.headers Response.prototype.json
  Response.prototype.text Headers.prototype.get
  navigator Navigator.prototype.sendBeacon Navigator.prototype.userAgent Navigator.prototype.doNotTrack
  Navigator.prototype.globalPrivacyControl Navigator.prototype.maxTouchPoints Navigator.prototype.webdriver
  localStorage Storage.prototype.getItem Storage.prototype.setItem Storage.prototype.removeItem
  Document.prototype.title Document.prototype.referrer Document.prototype.hidden Document.prototype.cookie
  Document.prototype.visibilityState Document.prototype.prerendering Document.prototype.readyState
  Document.prototype.currentScript Document.prototype.scripts Document.prototype.querySelectorAll
  HTMLScriptElement.prototype.src HTMLElement.prototype.dataset
  history History.prototype.pushState History.prototype.replaceState navigation
  EventTarget.prototype.addEventListener setTimeout clearTimeout queueMicrotask
  Promise Promise.prototype.then Promise.prototype.catch
  console console.warn performance Performance.prototype.now
  crypto Crypto.prototype.getRandomValues Uint8Array Uint16Array Uint32Array
  URL URL.prototype.href URL.prototype.origin URL.prototype.pathname
  Date Date.now Math Math.random Math.min Math.max Math.abs
  JSON JSON.stringify JSON.parse Number Number.isFinite Number.prototype.toString Number.prototype.toFixed
  isFinite String
  Object Object.keys Object.values Object.entries Object.fromEntries Object.assign
  Proxy Reflect Reflect.apply Function.prototype.apply Function.prototype.call Error
  RegExp RegExp.prototype.test RegExp.prototype.exec
  Array.prototype.map Array.prototype.forEach Array.prototype.find Array.prototype.filter Array.prototype.some
  Array.prototype.sort Array.prototype.reverse Array.prototype.join Array.prototype.push Array.prototype.unshift
  Array.prototype.splice Array.prototype.slice
  String.prototype.split String.prototype.slice String.prototype.replace String.prototype.trim
  String.prototype.startsWith String.prototype.includes String.prototype.match`
  .trim()
  .split(/\s+/)

/** Globals, and members of `location`, that no page can break: browsers do not let it define them. */
const UNFORGEABLE = ['document', 'location', 'window', 'hash', 'hostname', 'protocol', 'undefined']

/** Names of the tracker itself: of its API and options, and of the fields of its events and answers. */
const OWN = [
  ...[
    'zenovay',
    'zenovay-claim',
    'q',
    'v',
    'ZENOVAY_TRACKER_CONFIG',
    'trackingCode',
    'id',
    'apiUrl',
    'auto',
    'exclude',
  ],
  ...['cookieless', 'cookielessMode', 'cookieDomain', 'consent', 'allowLocalhost', 'beforeSend'],
  ...['event_id', 'visitor_id', 'session_id', 'user_id', 'url', 'retry', 'age_ms'],
  ...['capture', 'trackOutboundLinks', 'connect', 'page', 'onPage', 'onForget', 'event_type'],
  ...['success', 'error', 'code', 'message', 'length', 'interactive', 'callback'],
]

const nameOf = (path: string) => path.split('.').at(-1)!

const test = base.extend<{ sink: StandIn; frames: Frames }>({
  /** Gets the events of broken pages, which may be anything. */
  sink: async ({}, use) => {
    const sink = new StandIn()
    await sink.start()
    await use(sink)
    await sink.stop()
  },

  frames: ({ tab, site, collector, sink }, use) =>
    use({
      async visit(variant, breakages, apiUrl = sink.url) {
        await tab.goto(site.addPage('/frames', plainPage(site)))
        const html = framedPage(variant, { site, collector, sink, apiUrl })
        const url = site.addPage('/framed', html)
        return tab.evaluate(visitBrokenFrames, { variant, url, breakages })
      },
    }),
})

interface Framed {
  site: SiteServer
  collector: RecordingCollector
  sink: StandIn
  apiUrl: string
}

interface Frames {
  /** Visits a page once for each breakage, and returns what reached the page. */
  visit(variant: Variant, breakages: (Breakage | undefined)[], apiUrl?: string): Promise<string[]>
}

/** A page without any script of the tests but one, so that a breakage meets nothing but the tracker. */
function framedPage(variant: Variant, { site, collector, sink, apiUrl }: Framed): string {
  const options = { apiUrl, allowLocalhost: 'true' }
  const tracker =
    variant === 'script'
      ? STUB +
        scriptTag('defer', {
          src: `${collector.url}/z.js`,
          dataset: { trackingCode: TRACKING_CODE, ...options },
        })
      : `<script type="module">
        import * as tracker from '${site.url}/index.mjs'
        window.tracker = tracker
        tracker.init('${TRACKING_CODE}', ${JSON.stringify(options)})
      </script>`
  // A tracker that cannot read the URL of its collector may send its events to a path.
  return `<!doctype html><base href="${sink.url}/"><title>Framed</title>
    <script>parent.prepareFrame(window)</script>${tracker}`
}

for (const variant of VARIANTS)
  test.describe(variant, () => {
    for (const manner of ['throws', 'gives undefined', 'is missing'] as const)
      test(`sends no error to a page whose fetch ${manner}, and its events to the collector`, async ({
        tab,
        servers,
        site,
        collector,
        frames,
      }) => {
        const complaints = await frames.visit(variant, [{ path: 'fetch', manner }], collector.url)
        await tab.goto(site.addPage('/next', trackedPage(servers, { variant })))
        await collector.until(() => collector.events().length >= 6)

        expect(complaints).toEqual([])
        const names = collector
          .events()
          .map(({ event_name, event_type = 'pageview' }) => event_name ?? event_type)
        expect(names.toSorted()).toEqual(['identify', 'last', 'pageview', 'pageview', 'pageview', 'step'])
      })

    // The attributes name the element in the document, where it hides the property of that name.
    for (const [element, page, expected] of [
      ['<img name="title">', {}, { title: '' }],
      ['<form name="referrer"></form>', {}, { referrer: '' }],
      ['<form name="cookie"></form>', {}, {}],
      ['<form name="cookie"></form>', { cookieDomain: 'localhost' }, {}],
      ['<img name="scripts">', {}, {}],
    ] as [string, Partial<TrackedPage>, Record<string, string>][])
      test(`stores the pageview of a page with ${element}${page.cookieDomain ? ' and cookieDomain' : ''}`, async ({
        tab,
        servers,
        site,
        collector,
        store,
      }) => {
        await tab.goto(site.addPage('/', trackedPage(servers, { variant, body: element, ...page })))
        await expect.poll(() => store.countPageviews(), { timeout: 10_000 }).toEqual({ '/': 1 })

        expect({ title: '', referrer: '', ...collector.pageviews()[0] }).toMatchObject(expected)
      })

    test('stores a pageview and a custom event of a page with Prototype 1.6', async ({
      tab,
      servers,
      site,
      store,
    }) => {
      const head = `<script>
        Array.prototype.toJSON = function () { return '[' + this.map((v) => JSON.stringify(v)).join(', ') + ']' }
      </script>`
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, head })))
      await tab.evaluate(() => window.tracker.track('signup', { plan: 'pro' }))

      await expect.poll(() => store.countPageviews(), { timeout: 10_000 }).toEqual({ '/': 1 })
      await expect.poll(() => store.countEvents('signup', 'plan'), { timeout: 10_000 }).toEqual({ pro: 1 })
    })

    test('uses no interface that the tests below do not break', () => {
      const known = new Set([...INTERFACES.map(nameOf), ...UNFORGEABLE, ...OWN])
      const { globals, members } = NAMES[variant]

      // The build shortens internal names to one letter.
      const others = [...globals, ...members].filter((name) => name.length > 1 && !known.has(name))
      expect(others).toEqual([])
    })

    test.describe(() => {
      test.describe.configure({ mode: 'parallel' })

      for (const manner of MANNERS)
        test(`does no harm to a page where an interface ${manner}`, async ({ frames, sink, browserName }) => {
          test.skip(
            manner !== 'throws' && (variant === 'esm' || browserName !== 'chromium'),
            'the script is tested in this manner, in Chromium',
          )
          const whole = await frames.visit(variant, [undefined])
          // Proves that a visit does what the tracker watches.
          await expect
            .poll(() => sink.bodies.join())
            .toMatch(/(?=.*"step")(?=.*"user-42")(?=.*\/pushed")(?=.*"last")/)
          const names = Object.values(NAMES[variant]).flat()
          const named = INTERFACES.filter((path) => names.includes(nameOf(path)))
          const broken = await frames.visit(
            variant,
            named.map((path) => ({ path, manner })),
          )

          expect([...whole, ...broken]).toEqual([])
        })
    })
  })
