import { setTimeout as sleep } from 'node:timers/promises'
import { onceEach } from '../support/stored-site.js'
import { expect, isThorough, test } from '../support/store-fixtures.js'
import { readOutbox } from '../support/read-outbox.js'
import type { Tab } from '../support/tab.js'
import { plainPage, SHORT_PAUSES, trackedPage, VARIANTS } from '../support/test-pages.js'

// Both variants share the code of delivery, and differ in how it is loaded.
const TRIALS = isThorough ? { script: 30, esm: 10 } : { script: 4, esm: 2 }
const LINK = `<a id="link" href="/next">Next</a>`
// Longer than it takes to leave a page: no answer arrives in time.
const DISTANCE_MS = 200
// Before the answer. Firefox ends the process of a closed tab at once, on a busy machine with data not yet
// handed over.
const ON_ITS_WAY_MS = 50
const SETTLED = { timeout: 60_000 }

/**
 * Opens a page and waits until everything left by earlier pages is answered: an event not stored by then
 * never is, and a duplicate is stored by then.
 */
async function settle(tab: Tab, address: string): Promise<void> {
  await tab.goto(address)
  await expect.poll(() => readOutbox(tab), SETTLED).toEqual([])
}

for (const variant of VARIANTS) {
  const trials = TRIALS[variant]

  test.describe(`${variant}, in ${trials} of ${trials} trials`, () => {
    test.describe.configure({ timeout: 180_000 })

    test.beforeEach(({ site, collector }) => {
      site.addPage('/next', plainPage(site))
      collector.delayMs = DISTANCE_MS
    })

    for (const [event, script] of [
      [
        'stores an event exactly once if it is tracked by a click that leaves the page',
        `document.querySelector('#link').addEventListener('click', leave)`,
      ],
      ['stores an event exactly once if it is tracked on pagehide', `addEventListener('pagehide', leave)`],
    ])
      test(event!, async ({ tab, servers, site, collector, store }) => {
        const body = `${LINK}<script>
          const leave = () => tracker.track('left', { trial: location.search.slice(1) })
          ${script}
        </script>`
        const home = site.addPage('/', trackedPage(servers, { variant, body }))
        for (let trial = 0; trial < trials; trial++) {
          await tab.goto(`${home}?${trial}`)
          await tab.click('#link')
          await expect.poll(() => tab.url(), { intervals: [20] }).toBe(`${site.url}/next`)
          // Before another page of the tracker could send it.
          await collector.until(() => collector.customEvents('left').length > trial)
        }
        await settle(tab, site.addPage('/last', trackedPage(servers, { variant, head: SHORT_PAUSES })))

        expect(await store.countEvents('left', 'trial')).toEqual(onceEach(trials))
      })

    test('stores an event exactly once if its tab closes before the response', async ({
      tab,
      openTab,
      servers,
      site,
      collector,
      store,
    }) => {
      // WebKitGTK's browser ends with its last tab.
      await tab.goto(`${site.url}/next`)
      const home = site.addPage('/', trackedPage(servers, { variant }))
      for (let trial = 0; trial < trials; trial++) {
        const closing = await openTab()
        await closing.goto(home)
        await closing.evaluate((trial) => window.tracker.track('last', { trial }), `${trial}`)
        await sleep(ON_ITS_WAY_MS)
        await closing.close()
        await collector.until(() => collector.customEvents('last').length > trial)
      }
      await settle(tab, site.addPage('/last', trackedPage(servers, { variant, head: SHORT_PAUSES })))

      expect(await store.countEvents('last', 'trial')).toEqual(onceEach(trials))
    })

    test('stores a pageview exactly once if the page is left after 50 ms', async ({
      tab,
      servers,
      site,
      collector,
      store,
    }) => {
      // Each page leads to the next one, and none stays long enough to send the outbox of the previous one.
      const head = `<script>
        const trial = Number(location.search.slice(1))
        addEventListener('load', () => setTimeout(() => location.assign(trial < ${trials - 1} ? '/?' + (trial + 1) : '/next'), 50))
      </script>`
      await tab.goto(`${site.addPage('/', trackedPage(servers, { variant, head }))}?0`)
      await expect.poll(() => tab.url(), { timeout: 60_000 }).toBe(`${site.url}/next`)
      await collector.until(() => collector.pageviews().length === trials)
      await settle(tab, site.addPage('/last', trackedPage(servers, { variant, head: SHORT_PAUSES })))

      const { '/last': last, ...left } = await store.countPageviews()
      expect(last).toBe(1)
      expect(Object.values(left)).toEqual(Array(trials).fill(1))
    })
  })
}
