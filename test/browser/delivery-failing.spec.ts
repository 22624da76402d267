import { setTimeout as sleep } from 'node:timers/promises'
import { onceEach } from '../support/stored-site.js'
import { isThorough, SAME_IN_ALL_ENGINES } from '../support/browser-fixtures.js'
import { expect, test } from '../support/store-fixtures.js'
import { readOutbox } from '../support/read-outbox.js'
import type { Tab } from '../support/tab.js'
import { plainPage, SHORT_PAUSES, trackedPage, VARIANTS } from '../support/test-pages.js'

// The pauses of the backoff add up while the collector is down, and a long one may have just begun.
const BACK = { timeout: 100_000 }
// Each pause is half of its limit: 1.5, 3, 6 and 12 s. By chance, a pause of minutes may begin within 20 s.
const EVEN_PAUSES = `<script>Math.random = () => 0.5</script>`

/**
 * Tracks numbered events, each in a separate task, as clicks would. Uses messages, because timers of a
 * hidden tab are slow.
 */
function trackSteps(tab: Tab, first: number, count: number): Promise<void> {
  return tab.evaluate(
    async ({ first, count }) => {
      const { port1, port2 } = new MessageChannel()
      for (let step = first; step < first + count; step++) {
        window.tracker.track('step', { step: `${step}` })
        await new Promise((resolve) => {
          port1.onmessage = resolve
          port2.postMessage(0)
        })
      }
      port1.close()
    },
    { first, count },
  )
}

for (const variant of VARIANTS)
  test.describe(`${variant}: each event`, () => {
    test.describe.configure({ timeout: 180_000 })

    test('stores an event once if the first three requests fail with 503', async ({
      tab,
      servers,
      site,
      collector,
      store,
    }) => {
      collector.nextOutcomes = [503, 503, 503]
      await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
      await trackSteps(tab, 0, 3)
      // The first events of a new visitor are stored in the browser with their first request.
      await collector.until(() => collector.customEvents('step').length > 0)

      await expect.poll(() => readOutbox(tab), BACK).toEqual([])
      expect(await store.countEvents('step', 'step')).toEqual(onceEach(3))
      expect(await store.countPageviews()).toEqual({ '/': 1 })
    })

    test('stores an event once if the collector is down for 20 s while the page stays open', async ({
      tab,
      servers,
      site,
      collector,
      store,
      browserName,
    }) => {
      test.skip(!isThorough && browserName !== 'chromium', SAME_IN_ALL_ENGINES)
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, head: EVEN_PAUSES })))
      await collector.until(() => collector.pageviews().length === 1)
      await collector.down()
      for (let step = 0; step < 3; step++) {
        await trackSteps(tab, step, 1)
        await sleep(20_000 / 3)
      }
      await collector.up()

      await expect.poll(() => store.countEvents('step', 'step'), BACK).toEqual(onceEach(3))
      await expect.poll(() => readOutbox(tab), BACK).toEqual([])
      expect(await store.countEvents('step', 'step')).toEqual(onceEach(3))
    })

    test('stores an event once if the browser is offline for 10 s', async ({
      session,
      tab,
      servers,
      site,
      collector,
      store,
    }) => {
      test.skip(!session.setOffline, 'WebKitGTK has no switch for being offline')
      // The longest pauses: the second would end after 9 s, the third after 21, so anything sent in between
      // is caused by the online event.
      const head = `<script>Math.random = () => 0.999</script>`
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, head })))
      await collector.until(() => collector.pageviews().length === 1)
      await expect.poll(() => readOutbox(tab)).toEqual([])
      await session.setOffline!(true)
      await trackSteps(tab, 0, 3)
      await sleep(10_000)
      expect(await store.countEvents('step', 'step')).toEqual({})
      await session.setOffline!(false)

      await expect.poll(() => store.countEvents('step', 'step'), { timeout: 8_000 }).toEqual(onceEach(3))
      await expect.poll(() => readOutbox(tab)).toEqual([])
      expect(await store.countEvents('step', 'step')).toEqual(onceEach(3))
    })

    test('stores an event once if its tab is closed while the collector is down', async ({
      tab,
      openTab,
      servers,
      site,
      collector,
      store,
    }) => {
      await tab.goto(site.addPage('/blank', plainPage(site)))
      const closing = await openTab()
      await closing.goto(site.addPage('/', trackedPage(servers, { variant })))
      await collector.until(() => collector.pageviews().length === 1)
      await collector.down()
      await trackSteps(closing, 0, 3)
      await closing.close()
      await collector.up()
      expect(await store.countEvents('step', 'step')).toEqual({})

      await tab.goto(site.addPage('/next', trackedPage(servers, { variant })))
      await expect.poll(() => store.countEvents('step', 'step'), BACK).toEqual(onceEach(3))
      await expect.poll(() => readOutbox(tab)).toEqual([])
      expect(await store.countEvents('step', 'step')).toEqual(onceEach(3))
    })

    test('stores each event once if one of two tabs is closed while the collector is down', async ({
      tab,
      openTab,
      servers,
      site,
      collector,
      store,
    }) => {
      // Six seconds after each full request would add up to eighty.
      const home = site.addPage('/', trackedPage(servers, { variant, head: SHORT_PAUSES }))
      const closing = await openTab()
      await tab.goto(home)
      await closing.goto(home)
      await collector.until(() => collector.pageviews().length === 2)
      await collector.down()
      await trackSteps(tab, 0, 200)
      await trackSteps(closing, 200, 200)
      await closing.close()
      // The last events were written by the process of another tab, and become visible a moment later.
      await expect
        .poll(() =>
          tab.evaluate(
            () =>
              Object.values(localStorage).filter((text) => /"step":"[23]\d\d"/.test(text as string)).length,
          ),
        )
        .toBe(200)
      await collector.up()
      // A driven browser always shows its tabs: this event fires when a visitor returns to the tab.
      await tab.evaluate(() => void document.dispatchEvent(new Event('visibilitychange')))

      await expect.poll(() => store.countEvents('step', 'step'), BACK).toEqual(onceEach(400))
      await expect.poll(() => readOutbox(tab), BACK).toEqual([])
      expect(await store.countEvents('step', 'step')).toEqual(onceEach(400))
    })

    test('stores each event once if 30 percent of the responses are lost', async ({
      tab,
      servers,
      site,
      collector,
      store,
    }) => {
      collector.resetRate = 0.3
      // Five failures in a row are rare, and the pause after them would be up to 96 s.
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, head: SHORT_PAUSES })))
      await trackSteps(tab, 0, 40)

      await expect.poll(() => readOutbox(tab), BACK).toEqual([])
      expect(collector.posts().filter(({ outcome }) => outcome === 'reset').length).toBeGreaterThan(0)
      expect(await store.countEvents('step', 'step')).toEqual(onceEach(40))
    })
  })
