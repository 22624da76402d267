import type { Browser } from '@playwright/test'
import { expect, test } from '../support/browser-fixtures.js'
import { ListeningServer } from '../support/listening-server.js'
import { change, PUPPET, untilCaptured } from '../support/page-puppet.js'
import { trackedPage } from '../support/test-pages.js'

/** A slice of Chromium's trace. Times are in microseconds. */
interface Slice {
  name: string
  ts: number
  /** Processor time. */
  tdur?: number
  args: {
    data?: { url?: string }
    beginData?: { stackTrace?: { url: string }[] }
  }
}

const CATEGORIES = ['devtools.timeline', 'disabled-by-default-devtools.timeline.stack']
const READ_US = 250_000
/** A timer and an animation frame do not come at the very time they are due. */
const TOLERANCE_US = 10_000
const LONG_TASK_US = 50_000

const isOurs = (url = ''): boolean => /\/(z|capture|signals|vitals)\.js$/.test(url)

test.skip(({ browserName }) => browserName !== 'chromium', 'only Chromium has these traces')

/** The slices of what the browser does until `work` ends, in the order of time. */
async function trace(browser: Browser, work: () => Promise<void>): Promise<Slice[]> {
  await browser.startTracing(undefined, { categories: CATEGORIES })
  await work()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: Slice[] }
  return traceEvents.toSorted((a, b) => a.ts - b.ts)
}

/** Layouts that a script of ours has forced. */
const forcedLayouts = (slices: Slice[]): Slice[] =>
  slices.filter(
    ({ name, args }) => name === 'Layout' && args.beginData?.stackTrace?.some(({ url }) => isOurs(url)),
  )

test('forces at most one layout in 250 ms of a page that changes while it is scrolled', async ({
  tab,
  servers,
  site,
  collector,
  playwrightBrowser,
}) => {
  const body = `<div style="height:5000px"></div><script>
    addEventListener('scroll', () => { document.body.style.paddingTop = scrollY % 7 + 'px' })
  </script>`
  await tab.goto(
    site.addPage('/', trackedPage(servers, { variant: 'script', capture: 'all', head: PUPPET, body })),
  )
  await untilCaptured(collector)
  const slices = await trace(playwrightBrowser!, () =>
    tab.evaluate(async () => {
      // The browser scrolls by itself: a script that does would force the layouts.
      for (const top of [4_000, 0, 4_000, 0]) {
        scrollTo({ top, behavior: 'smooth' })
        await new Promise((resolve) => addEventListener('scrollend', resolve, { once: true }))
      }
    }),
  )
  await change(tab, { hidden: true }, 'visibilitychange')

  const layouts = forcedLayouts(slices)
  expect(layouts.length).toBeGreaterThan(3)
  const pauses = layouts.slice(1).map(({ ts }, index) => ts - layouts[index]!.ts)
  expect(Math.min(...pauses)).toBeGreaterThan(READ_US - TOLERANCE_US)
})

test('forces no layout and has no long task before the load event', async ({
  tab,
  servers,
  site,
  collector,
  playwrightBrowser,
}) => {
  // The image keeps the page from being loaded until the files of capture have run.
  const images = new ListeningServer(
    (_, response) =>
      void untilCaptured(collector).then(() =>
        response
          .writeHead(200, { 'content-type': 'image/svg+xml' })
          .end('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      ),
  )
  await images.start()
  const body = `<main>${'<p>Text</p>'.repeat(500)}</main><img src="http://localhost:${images.port}" alt="">`
  const home = site.addPage('/', trackedPage(servers, { variant: 'script', capture: 'all', body }))
  const slices = await trace(playwrightBrowser!, () => tab.goto(home))
  await images.down()

  const loaded = slices.find(({ name }) => name === 'MarkLoad')!
  const before = slices.filter(({ ts }) => ts < loaded.ts)
  const scripts = before.filter(({ args }) => isOurs(args.data?.url))
  for (const file of ['z', 'capture', 'signals', 'vitals'])
    expect(
      scripts.some(({ args }) => args.data!.url!.endsWith(`/${file}.js`)),
      file,
    ).toBe(true)
  expect(forcedLayouts(before)).toEqual([])
  expect(Math.max(...scripts.map(({ tdur }) => tdur ?? 0))).toBeLessThan(LONG_TASK_US)
})
