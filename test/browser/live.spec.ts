import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '../support/browser-fixtures.js'
import type { Tab } from '../support/tab.js'
import { liveModulePage, liveScriptPage } from '../support/live-pages.js'

const INTERVAL_MS = 5_000

function texts(tab: Tab): Promise<(string | null)[]> {
  return tab.evaluate(() =>
    Array.from(
      document.querySelectorAll('zenovay-live, [data-zenovay-live]'),
      ({ textContent }) => textContent,
    ),
  )
}

test('script: fills every element with the formatted number, from one request', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  collector.liveVisitors = 12_345
  const body = `<p><zenovay-live></zenovay-live> here, <b data-zenovay-live>0</b> there</p>`
  await tab.goto(site.addPage('/', liveScriptPage(servers, { body })))
  await expect.poll(() => texts(tab)).toEqual(['12,345', '12,345'])

  expect(collector.livePolls()).toHaveLength(1)
  expect(
    await tab.evaluate(() =>
      Array.from(document.querySelectorAll('zenovay-live, b'), (element) =>
        element.getAttribute('aria-live'),
      ),
    ),
  ).toEqual(['polite', 'polite'])
})

test('script: formats in the language of the page', async ({ tab, servers, site, collector }) => {
  collector.liveVisitors = 12_345
  const head = `<script>document.documentElement.lang = 'de'</script>`
  await tab.goto(site.addPage('/', liveScriptPage(servers, { head, body: '<zenovay-live></zenovay-live>' })))

  await expect.poll(() => texts(tab)).toEqual(['12.345'])
})

test('script: an error leaves what the element says', async ({ tab, servers, site, collector }) => {
  collector.liveStatus = 404
  await tab.goto(site.addPage('/', liveScriptPage(servers, { body: '<b data-zenovay-live>some</b>' })))
  await collector.until(() => collector.livePolls().length > 0)
  // The answer is there with the request; what the widget makes of it takes a few tasks.
  await sleep(300)

  expect(await texts(tab)).toEqual(['some'])
})

test('esm: polls every five seconds at most, and fills an element that came later', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  await tab.goto(
    site.addPage('/', liveModulePage(servers, { intervalMs: 100, body: '<zenovay-live></zenovay-live>' })),
  )
  await expect.poll(() => texts(tab)).toEqual(['42'])
  await tab.evaluate(() => document.body.append(document.createElement('zenovay-live')))
  collector.liveVisitors = 43
  await expect.poll(() => texts(tab)).toEqual(['43', '43'])

  // The first one's way may be slow: its connection is new.
  const [first, second] = collector.livePolls()
  expect(second!.at - first!.at).toBeGreaterThan(INTERVAL_MS - 1_000)
  expect(collector.livePolls()).toHaveLength(2)
})

test('esm: a hidden page does not poll, and a page that is seen again does at once', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  await tab.goto(
    site.addPage(
      '/',
      liveModulePage(servers, { intervalMs: INTERVAL_MS, body: '<zenovay-live></zenovay-live>' }),
    ),
  )
  await collector.until(() => collector.livePolls().length > 0)
  // A tab of a driven Chromium is never really hidden.
  await tab.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' })
    document.dispatchEvent(new Event('visibilitychange'))
  })
  // A page that was slow to load may have polled more than once before.
  await sleep(300)
  const polled = collector.livePolls().length
  await sleep(INTERVAL_MS + 500)
  expect(collector.livePolls()).toHaveLength(polled)

  const shownAt = Date.now()
  await tab.evaluate(() => {
    Reflect.deleteProperty(document, 'visibilityState')
    document.dispatchEvent(new Event('visibilitychange'))
  })
  await collector.until(() => collector.livePolls().length > polled)
  expect(collector.livePolls()[polled]!.at - shownAt).toBeLessThan(INTERVAL_MS)
})

test('esm: stops when it is told to', async ({ tab, servers, site, collector }) => {
  await tab.goto(
    site.addPage(
      '/',
      liveModulePage(servers, { intervalMs: INTERVAL_MS, body: '<zenovay-live></zenovay-live>' }),
    ),
  )
  await expect.poll(() => texts(tab)).toEqual(['42'])
  await tab.evaluate(() => {
    window.stopLive()
    // Shown again, a widget that runs polls at once.
    document.dispatchEvent(new Event('visibilitychange'))
  })
  await sleep(300)

  expect(collector.livePolls()).toHaveLength(1)
})
