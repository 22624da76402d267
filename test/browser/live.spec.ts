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

test('script: fills every element with the formatted live count from one request', async ({
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

test('script: formats the live count in the language of the page', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  collector.liveVisitors = 12_345
  const head = `<script>document.documentElement.lang = 'de'</script>`
  await tab.goto(site.addPage('/', liveScriptPage(servers, { head, body: '<zenovay-live></zenovay-live>' })))

  await expect.poll(() => texts(tab)).toEqual(['12.345'])
})

test('script: keeps the element content if the live count request fails', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  collector.liveStatus = 404
  await tab.goto(site.addPage('/', liveScriptPage(servers, { body: '<b data-zenovay-live>some</b>' })))
  await collector.until(() => collector.livePolls().length > 0)
  // Proves that nothing changes: the answer arrives with the request, and the widget needs a few tasks to
  // handle it.
  await sleep(300)

  expect(await texts(tab)).toEqual(['some'])
})

test('esm: polls the live count at most every five seconds and fills elements added later', async ({
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

  // The first request may be slow: its connection is new.
  const [first, second] = collector.livePolls()
  expect(second!.at - first!.at).toBeGreaterThan(INTERVAL_MS - 1_000)
  expect(collector.livePolls()).toHaveLength(2)
})

test('esm: stops polling while the page is hidden and polls immediately when it is visible again', async ({
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
  // A page that loaded slowly may have polled more than once before. Polls under way must arrive first.
  await sleep(300)
  const polled = collector.livePolls().length
  // Proves that no poll arrives while hidden.
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

test('esm: stops polling when stopLive is called', async ({ tab, servers, site, collector }) => {
  await tab.goto(
    site.addPage(
      '/',
      liveModulePage(servers, { intervalMs: INTERVAL_MS, body: '<zenovay-live></zenovay-live>' }),
    ),
  )
  await expect.poll(() => texts(tab)).toEqual(['42'])
  await tab.evaluate(() => {
    window.stopLive()
    // A running widget polls at once when it becomes visible.
    document.dispatchEvent(new Event('visibilitychange'))
  })
  // Proves that no second poll arrives.
  await sleep(300)

  expect(collector.livePolls()).toHaveLength(1)
})
