import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

/** In the order in which they happened: an event id begins with its time, and requests overtake each other. */
function paths(collector: RecordingCollector): string[] {
  const pageviews = collector.pageviews().toSorted((a, b) => Number(a.event_id!.slice(0, 13)) - Number(b.event_id!.slice(0, 13)))
  return pageviews.map(({ url }) => new URL(url).pathname)
}

for (const variant of VARIANTS)
  test.describe(variant, () => {
    test.beforeEach(async ({ tab, servers, site, collector }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, title: 'Home' })))
      await collector.until(() => collector.pageviews().length === 1)
    })

    test('pushState to another path is a pageview that came from the page before', async ({ tab, site, collector }) => {
      await tab.evaluate(() => {
        history.pushState(null, '', '/cart')
        document.title = 'Cart'
      })
      await collector.until(() => collector.pageviews().length === 2)

      expect(collector.pageviews()[1]).toMatchObject({ url: `${site.url}/cart`, referrer: `${site.url}/`, title: 'Cart' })
    })

    test('pushState to the same page, or to a fragment of it, is none', async ({ tab, collector }) => {
      await tab.evaluate(async () => {
        const nextTask = () => new Promise((resolve) => setTimeout(resolve))
        history.pushState({ tab: 2 }, '', location.href)
        await nextTask()
        history.pushState(null, '', '#reviews')
        await nextTask()
        history.pushState(null, '', '/cart')
      })
      await collector.until(() => paths(collector).includes('/cart'))

      expect(paths(collector)).toEqual(['/', '/cart'])
    })

    test('a redirect, replaceState right after pushState, is one pageview', async ({ tab, collector }) => {
      await tab.evaluate(async () => {
        history.pushState(null, '', '/account')
        history.replaceState(null, '', '/login')
        await new Promise((resolve) => setTimeout(resolve, 50))
        history.pushState(null, '', '/cart')
      })
      await collector.until(() => collector.pageviews().length === 3)

      expect(paths(collector)).toEqual(['/', '/login', '/cart'])
    })

    test('back and forward are one pageview each', async ({ tab, site, collector }) => {
      await tab.evaluate(() => history.pushState(null, '', '/cart'))
      await collector.until(() => collector.pageviews().length === 2)
      await tab.evaluate(() => history.back())
      await collector.until(() => collector.pageviews().length === 3)
      await tab.evaluate(() => history.forward())
      await collector.until(() => collector.pageviews().length === 4)

      expect(paths(collector)).toEqual(['/', '/cart', '/', '/cart'])
      expect(collector.pageviews()[2]!.referrer).toBe(`${site.url}/cart`)
    })

    test('a custom event carries the page it happened on', async ({ tab, site, collector }) => {
      await tab.evaluate(() => history.pushState(null, '', '/cart'))
      await collector.until(() => collector.pageviews().length === 2)
      await tab.evaluate(() => window.tracker.track('checkout'))
      await collector.until(() => collector.customEvents('checkout').length === 1)

      expect(collector.customEvents('checkout')[0]!.url).toBe(`${site.url}/cart`)
    })

    test('the page keeps its own history functions and their errors', async ({ tab, collector }) => {
      const outcome = await tab.evaluate(() => {
        history.pushState({ step: 1 }, '', '/cart')
        const state: unknown = history.state
        try {
          history.pushState(null, '', 'https://elsewhere.example/')
          return { state, error: 'none' }
        } catch (error) {
          return { state, error: (error as Error).name }
        }
      })
      await collector.until(() => collector.pageviews().length === 2)

      expect(outcome).toEqual({ state: { step: 1 }, error: 'SecurityError' })
    })
  })
