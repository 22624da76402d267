import { expect, test } from '../support/browser-fixtures.js'
import { readOutbox } from '../support/read-outbox.js'
import type { Arrival, RecordingCollector } from '../support/recording-collector.js'
import type { Tab } from '../support/tab.js'
import { plainPage, SHORT_PAUSES, trackedPage, VARIANTS } from '../support/test-pages.js'

// Longer than any limit below, so that a late event fails with its delay.
const LATE = { timeout: 10_000 }
// The page and the tracker do not look at the clock at the same moment.
const SURELY_WITHIN_100_MS = 90
// Twice the limit, for a tracker without one.
const MOST_PAGES = 60

interface Storm {
  method: 'pushState' | 'replaceState'
  count: number
  everyMs: number
}

/**
 * Changes the query of the page's URL at a steady pace, as a map or a slider does, and then tracks the event
 * `after`. Returns the last URL, the time after the last change, and how often a busy machine paused the page for
 * so long that a URL may have settled.
 */
function storm(tab: Tab, storm: Storm): Promise<{ url: string; at: number; pauses: number }> {
  return tab.evaluate(
    async ({ method, count, everyMs, longMs }) => {
      const start = performance.now()
      let last = start
      let pauses = 0
      for (let step = 0; step < count; step++) {
        await new Promise((resolve) => setTimeout(resolve, start + step * everyMs - performance.now()))
        const now = performance.now()
        if (now - last > longMs) pauses++
        last = now
        try {
          history[method](null, '', `?step=${step}`)
        } catch {
          // Browsers limit these calls, some with an error: the URL is the last that was allowed.
        }
      }
      const at = Date.now()
      window.tracker.track('after')
      return { url: location.href, at, pauses }
    },
    { ...storm, longMs: SURELY_WITHIN_100_MS },
  )
}

/**
 * Shows pages that stay longer than the 100 ms after which a URL is counted, until the tracker warns, and one
 * more. Then tracks the event `after`.
 */
function showPages(tab: Tab, hasTitles: boolean): Promise<{ url: string; at: number }> {
  return tab.evaluate(
    async ({ hasTitles, most }) => {
      const { warn } = console
      let isWarned = false
      console.warn = (...texts) => {
        isWarned = true
        warn(...(texts as unknown[]))
      }
      for (let step = 0, isLast = false; step < most && !isLast; step++) {
        isLast = isWarned
        history.pushState(null, '', `?step=${step}`)
        if (hasTitles) document.title = `Step ${step}`
        // Ten times as long on a page without short pauses.
        await new Promise((resolve) => setTimeout(resolve, 150))
      }
      console.warn = warn
      const at = Date.now()
      window.tracker.track('after')
      return { url: location.href, at }
    },
    { hasTitles, most: MOST_PAGES },
  )
}

/** The first arrival of the event tracked after a storm. */
function eventAfter(collector: RecordingCollector): Arrival | undefined {
  return collector.arrivals().find(({ event }) => event.event_name === 'after')
}

/** The first arrival of the pageview of a URL. */
function pageviewOf(collector: RecordingCollector, url: string): Arrival | undefined {
  return collector.arrivals().find(({ event }) => event.event_name === undefined && event.url === url)
}

/** The time when the pageview was counted, which its ID begins with. */
function countedAt(collector: RecordingCollector, url: string): number {
  return Number(pageviewOf(collector, url)!.event.event_id!.slice(0, 13))
}

for (const variant of VARIANTS)
  test.describe(variant, () => {
    for (const method of ['pushState', 'replaceState'] as const)
      test(`counts only the last URL of 200 calls of ${method} in 2 s, and sends the event after them within 2 s`, async ({
        tab,
        servers,
        site,
        collector,
      }) => {
        const home = site.addPage('/', trackedPage(servers, { variant }))
        await tab.goto(home)
        await collector.until(() => collector.pageviews().length === 1)
        const { url, at, pauses } = await storm(tab, { method, count: 200, everyMs: 10 })
        await expect.poll(() => eventAfter(collector), LATE).toBeTruthy()
        expect(eventAfter(collector)!.request.at - at).toBeLessThanOrEqual(2_000)
        await collector.until(() => pageviewOf(collector, url) !== undefined)
        await expect.poll(() => readOutbox(tab)).toEqual([])

        const urls = collector.pageviews().map((pageview) => pageview.url)
        expect(urls.length).toBeLessThanOrEqual(2 + pauses)
        expect([urls[0], urls.at(-1)]).toEqual([home, url])
      })

    test('does not count a URL that is replaced after 50 ms', async ({ tab, servers, site, collector }) => {
      const home = site.addPage('/', trackedPage(servers, { variant }))
      await tab.goto(home)
      await collector.until(() => collector.pageviews().length === 1)
      await tab.evaluate(() => {
        // Set first: a busy machine may pause the page between two statements for longer than this.
        setTimeout(() => history.replaceState(null, '', '/login'), 50)
        history.pushState(null, '', '/account')
      })
      await collector.until(() => collector.pageviews().length > 1)
      await expect.poll(() => readOutbox(tab)).toEqual([])

      expect(collector.pageviews().map(({ url }) => url)).toEqual([home, `${site.url}/login`])
    })

    test('does not count a URL whose document is left within 100 ms', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const home = site.addPage('/', trackedPage(servers, { variant }))
      const next = site.addPage('/next', plainPage(site))
      const left: string[] = []
      // A busy machine may take longer to leave the page: such a trial proves nothing.
      for (let trial = 0; trial < 20 && left.length < 3; trial++) {
        await tab.goto(`${home}?${trial}`)
        await collector.until(() => pageviewOf(collector, `${home}?${trial}`) !== undefined)
        const account = `${site.url}/account?${trial}`
        await tab.evaluate((url) => {
          // In a separate task: the answer to this call must not get lost with the page.
          setTimeout(() => {
            const start = performance.now()
            addEventListener('pagehide', () => (localStorage['stayedMs'] = performance.now() - start))
            history.pushState(null, '', url)
            location.assign('/next')
          })
        }, account)
        await expect.poll(() => tab.url(), { intervals: [20] }).toBe(next)
        const stayedMs = await tab.evaluate(() => Number(localStorage['stayedMs']))
        if (stayedMs < SURELY_WITHIN_100_MS) left.push(account)
      }
      await tab.goto(site.addPage('/last', trackedPage(servers, { variant })))
      await collector.until(() => pageviewOf(collector, `${site.url}/last`) !== undefined)
      // Whatever becomes of its beacon, a pageview that is counted on leaving waits in storage.
      const stored = await tab.evaluate(() => Object.values(localStorage).join())

      expect(left.length, 'pages left within 100 ms').toBeGreaterThan(0)
      expect(left.filter((url) => pageviewOf(collector, url))).toEqual([])
      expect(left.filter((url) => stored.includes(`"url":"${url}"`))).toEqual([])
    })

    test.describe(() => {
      test.use({ expectedMessages: /^zenovay: 30 pageviews/ })

      for (const { pages, hasTitles } of [
        { pages: 'pages with one title', hasTitles: false },
        { pages: 'pages with titles of their own', hasTitles: true },
      ])
        test(`counts 30 of many ${pages} at once and warns once, then counts the last one and sends other events without delay`, async ({
          tab,
          servers,
          site,
          collector,
        }) => {
          const home = site.addPage('/', trackedPage(servers, { variant, head: SHORT_PAUSES }))
          await tab.goto(home)
          await collector.until(() => collector.pageviews().length === 1)
          const { url, at } = await showPages(tab, hasTitles)
          await expect.poll(() => eventAfter(collector), LATE).toBeTruthy()
          expect(eventAfter(collector)!.request.at - at).toBeLessThanOrEqual(2_000)
          await expect.poll(() => pageviewOf(collector, url), LATE).toBeTruthy()
          await expect.poll(() => readOutbox(tab)).toEqual([])
          await tab.evaluate(() => Promise.all(window.probeReports!).then(() => undefined))

          const first = collector.pageviews().filter((pageview) => pageview.url !== url)
          expect(first).toHaveLength(30)
          // A tenth of 30 s after the page before it that was counted first.
          expect(countedAt(collector, url) - countedAt(collector, home)).toBeGreaterThan(2_500)
          expect(site.messages.map(({ kind }) => kind)).toEqual(['warn'])
        })
    })
  })
