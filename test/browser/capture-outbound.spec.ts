import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import { trackedPage } from '../support/test-pages.js'

const isCaptureFile = ({ path }: { path: string }) => /^\/(capture|signals|vitals)\.js$/.test(path)

/** Paths of the files of capture that pages have loaded. */
const loaded = (collector: RecordingCollector) =>
  collector.requests.filter(isCaptureFile).map(({ path }) => path)

const OUTBOUND = { variant: 'script', capture: 'outbound' } as const

test('sends outbound_click with the URL and the text of the link', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const href = `${collector.url}/live.js?token=1`
  const body = `<a id="link" href="${href}">  Other <b>site</b></a>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...OUTBOUND, body })))
  await collector.until(() => loaded(collector).length > 0)
  await expect(async () => {
    await tab.evaluate(() =>
      document.querySelector('#link')!.addEventListener('click', (event) => event.preventDefault()),
    )
    await tab.click('#link')
    await collector.until(() => collector.customEvents('outbound_click').length > 0)
  }).toPass()

  expect(collector.customEvents('outbound_click')[0]).toMatchObject({
    url: `${site.url}/`,
    properties: { url: href, text: 'Other site' },
  })
})

test('loads the file after the first pageview and DOMContentLoaded', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  await tab.goto(site.addPage('/', trackedPage(servers, OUTBOUND)))
  await collector.until(() => loaded(collector).length > 0)

  // The entry of a file is added when it has arrived.
  const countFiles = () =>
    performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('capture.js')).length
  await expect.poll(() => tab.evaluate(countFiles)).toBe(1)
  const paths = collector.requests.map(({ method, path }) => `${method} ${path.split('/')[1]}`)
  expect(paths.indexOf('POST e')).toBeLessThan(paths.indexOf('GET capture.js'))
  expect(
    await tab.evaluate(
      () =>
        performance.getEntriesByName(
          performance.getEntriesByType('resource').find(({ name }) => name.endsWith('capture.js'))!.name,
        )[0]!.startTime -
        (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming)
          .domContentLoadedEventStart,
    ),
  ).toBeGreaterThan(0)
})

test('loads no further file and sends nothing more without the attribute', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const body = `<a id="link" href="#" onclick="tracker.track('end')">End</a>`
  await tab.goto(site.addPage('/', trackedPage(servers, { variant: 'script', body })))
  await collector.until(() => collector.pageviews().length > 0)
  await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)))
  await tab.click('#link')
  await collector.until(() => collector.customEvents('end').length > 0)

  expect(loaded(collector)).toEqual([])
  expect(collector.events()).toHaveLength(2)
})

test('keeps the import map of a page that loads the script first', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  site.addPage('/mapped.js', 'document.title = "mapped"', { 'content-type': 'text/javascript' })
  const body = `<script type="importmap">{ "imports": { "mapped": "/mapped.js" } }</script>
    <script type="module">import 'mapped'</script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...OUTBOUND, loading: 'async', body })))
  await collector.until(() => loaded(collector).length > 0)

  expect(await tab.evaluate(() => document.title)).toBe('mapped')
})

test('loads nothing on a page that a visitor has opted out of', async ({ tab, servers, site, collector }) => {
  const head = `<script>localStorage.zenovay = ',1'</script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...OUTBOUND, head })))
  await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)))

  expect(loaded(collector)).toEqual([])
})

test.describe('with a kind that does not exist', () => {
  test.use({ expectedMessages: /capture/ })

  test('logs one warning that lists the kinds, and starts the others', async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    const body = `<a id="link" href="https://other.example/" onclick="return false">Other</a>`
    await tab.goto(
      site.addPage('/', trackedPage(servers, { variant: 'script', capture: 'outbond outbound', body })),
    )
    await expect(async () => {
      await tab.click('#link')
      expect(collector.customEvents('outbound_click').length).toBeGreaterThan(0)
    }).toPass()

    expect(site.messages.map(({ text }) => text)).toEqual([expect.stringMatching(/outbond.*downloads/)])
  })
})

test('works under a strict Content Security Policy and Trusted Types', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const headers = {
    'content-security-policy': `script-src 'nonce-n1' 'strict-dynamic'; require-trusted-types-for 'script'`,
  }
  await tab.goto(site.addPage('/', trackedPage(servers, { ...OUTBOUND, nonce: 'n1' }), headers))
  await collector.until(() => loaded(collector).length > 0)
})
