import { expect, test } from '../support/store-fixtures.js'
import { onceEach } from '../support/stored-site.js'
import { untilCaptured } from '../support/page-puppet.js'
import { SHORT_PAUSES, trackedPage } from '../support/test-pages.js'

test('asks the origin of the page alone for scripts, events and the live count', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  site.forward('/stats', collector.url)
  const page = trackedPage(servers, {
    variant: 'script',
    src: '/stats/z.js',
    apiUrl: '/stats',
    capture: 'all',
    body: `<a href="https://other.example/" onclick="return false">Other</a><span data-zenovay-live></span>
      <script defer src="/stats/live.js" data-tracking-code="ZV_BrowserTest1" data-api-url="/stats"></script>`,
  })
  await tab.goto(site.addPage('/', page))
  await untilCaptured(collector)
  await tab.click('a')
  await collector.until(() => collector.customEvents('outbound_click').length === 1)
  await expect.poll(() => tab.evaluate(() => document.querySelector('span')!.textContent)).toMatch(/^\d+$/)
  const urls = await tab.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
  // The page's own probe sends its messages elsewhere on its origin.
  expect([...new Set(urls.map((url) => new URL(url).origin))]).toEqual([site.url])
  const paths = new Set(urls.map((url) => new URL(url).pathname))
  for (const path of ['z.js', 'capture.js', 'signals.js', 'vitals.js', 'live.js', 'e/ZV_BrowserTest1'])
    expect(paths).toContain(`/stats/${path}`)
})

test('stores each event once though the collector behind the proxy is stopped and started', async ({
  tab,
  servers,
  site,
  collector,
  store,
}) => {
  site.forward('/stats', collector.url)
  const options = { variant: 'script', src: '/stats/z.js', apiUrl: '/stats', head: SHORT_PAUSES } as const
  await tab.goto(site.addPage('/', trackedPage(servers, options)))
  const track = (step: number) =>
    tab.evaluate((step) => window.tracker.track('step', { step: `${step}` }), step)
  await collector.until(() => collector.pageviews().length === 1)
  await track(0)
  await collector.until(() => collector.customEvents('step').length === 1)
  await collector.down()
  for (let step = 1; step < 5; step++) await track(step)
  // The page is left with events that were not stored, and its script comes from the proxy alone.
  await tab.goto(site.addPage('/next', trackedPage(servers, options)))
  await track(5)
  await collector.up()
  await expect.poll(() => store.countEvents('step', 'step')).toEqual(onceEach(6))
  expect(await store.countPageviews()).toEqual({ '/': 1, '/next': 1 })
})
