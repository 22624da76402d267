import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test as base } from '../support/browser-fixtures.js'
import { readOutbox } from '../support/read-outbox.js'
import { RecordingCollector } from '../support/recording-collector.js'
import type { Tab } from '../support/tab.js'
import { plainPage, SHORT_PAUSES, trackedPage, VARIANTS } from '../support/test-pages.js'

/** The first transmission of an event and two repeats. */
const MOST_ARRIVALS = 3

const TABS = 5
const EVENTS = 4
/** All tabs resume within three seconds after they are online. */
const RESUMED_MS = 3_000
/** Longer than the tabs take to resume, so that each of them finds events without an answer. */
const SLOW_MS = 4_000

const PAGES = 5
// With short pauses, these are a tenth of 8 s and of 4 s.
const ANSWER_MS = 800
const STAY_MS = 400

const test = base.extend<{ slow: RecordingCollector }>({
  /** Gets the events. The script comes from the other collector, because slow answers use up connections. */
  slow: async ({}, use) => {
    const slow = await new RecordingCollector().start()
    await use(slow)
    await slow.down()
    expect.soft(slow.unexpectedRequests(), 'unexpected requests').toEqual([])
  },
})

/** How often each event arrived that arrived too often. */
function findStorms(collector: RecordingCollector): Record<string, number> {
  const times: Record<string, number> = {}
  for (const { event } of collector.arrivals()) times[event.event_id!] = (times[event.event_id!] ?? 0) + 1
  return Object.fromEntries(Object.entries(times).filter(([, count]) => count > MOST_ARRIVALS))
}

for (const variant of VARIANTS)
  test.describe(variant, () => {
    test(`sends each event at most ${MOST_ARRIVALS} times after ${TABS} tabs were offline`, async ({
      session,
      openTab,
      servers,
      site,
      collector,
    }) => {
      test.skip(!session.setOffline, 'WebKitGTK has no switch for being offline')
      const home = site.addPage('/', trackedPage(servers, { variant }))
      const blank = site.addPage('/blank', plainPage(site))
      const tabs: Tab[] = []
      for (let count = 1; count <= TABS; count++) {
        const tab = await openTab()
        await tab.goto(home)
        await collector.until(() => collector.pageviews().length === count)
        tabs.push(tab)
      }
      await expect.poll(() => readOutbox(tabs[0]!)).toEqual([])
      await session.setOffline!(true)
      for (const tab of tabs)
        await tab.evaluate((count) => {
          for (let number = 0; number < count; number++) window.tracker.track('step', { number })
        }, EVENTS)
      await expect.poll(() => readOutbox(tabs[0]!)).toHaveLength(TABS * EVENTS)
      collector.delayMs = SLOW_MS
      await session.setOffline!(false)
      await collector.until(() => collector.customEvents('step').length === TABS * EVENTS)
      await sleep(RESUMED_MS)
      collector.delayMs = 0
      // A page that is left sends everything that waits.
      for (const tab of tabs) await tab.goto(blank)

      await expect.poll(() => collector.customEvents('step')).toHaveLength(TABS * EVENTS)
      expect(findStorms(collector)).toEqual({})
    })

    test(`sends each event at most ${MOST_ARRIVALS} times while a visitor opens ${PAGES} pages and answers are slow`, async ({
      tab,
      site,
      collector,
      slow,
    }) => {
      slow.delayMs = ANSWER_MS
      const html = trackedPage(
        { site, collector: slow },
        { variant, src: `${collector.url}/z.js`, apiUrl: slow.url, head: SHORT_PAUSES },
      )
      for (let page = 1; page <= PAGES; page++) {
        const url = site.addPage(`/page-${page}`, html)
        await tab.goto(url)
        await slow.until(() => slow.pageviews().some((pageview) => pageview.url === url))
        await sleep(STAY_MS)
      }

      expect(slow.pageviews()).toHaveLength(PAGES)
      expect(findStorms(slow)).toEqual({})
    })
  })
