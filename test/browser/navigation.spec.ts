import { expect, test } from '../support/browser-fixtures.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

for (const variant of VARIANTS)
  test.describe(variant, () => {
    test.beforeEach(async ({ tab, servers, site, collector }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, title: 'Home' })))
      await collector.until(() => collector.pageviews().length === 1)
    })

    test('counts pushState to another path as a pageview with the previous page as referrer', async ({
      tab,
      site,
      collector,
    }) => {
      await tab.evaluate(() => {
        history.pushState(null, '', '/cart')
        document.title = 'Cart'
      })
      await collector.until(() => collector.pageviews().length === 2)

      expect(collector.pageviews()[1]).toMatchObject({
        url: `${site.url}/cart`,
        referrer: `${site.url}/`,
        title: 'Cart',
      })
    })

    test('counts back and forward navigations as one pageview each', async ({ tab, site, collector }) => {
      await tab.evaluate(() => history.pushState(null, '', '/cart'))
      await collector.until(() => collector.pageviews().length === 2)
      await tab.evaluate(() => history.back())
      await collector.until(() => collector.pageviews().length === 3)
      await tab.evaluate(() => history.forward())
      await collector.until(() => collector.pageviews().length === 4)

      expect(collector.visitedPaths()).toEqual(['/', '/cart', '/', '/cart'])
      expect(collector.pageviews()[2]!.referrer).toBe(`${site.url}/cart`)
    })

    test('sends a custom event with the URL of the current page', async ({ tab, site, collector }) => {
      await tab.evaluate(() => history.pushState(null, '', '/cart'))
      await collector.until(() => collector.pageviews().length === 2)
      await tab.evaluate(() => window.tracker.track('checkout'))
      await collector.until(() => collector.customEvents('checkout').length === 1)

      expect(collector.customEvents('checkout')[0]!.url).toBe(`${site.url}/cart`)
    })

    for (const [way, afterMs] of [
      ['50 ms after pushState', 50],
      ['by a microtask', null],
    ] as const)
      test(`sends the title of the new page if it is set ${way}`, async ({ tab, collector }) => {
        await tab.evaluate((delay) => {
          const setTitle = () => void (document.title = 'Cart')
          // Set first: a busy machine may pause the page between two statements for longer than this.
          if (delay !== null) setTimeout(setTitle, delay)
          history.pushState(null, '', '/cart')
          if (delay === null) queueMicrotask(setTitle)
        }, afterMs)
        await collector.until(() => collector.pageviews().length === 2)

        expect(collector.pageviews().map(({ title }) => title)).toEqual(['Home', 'Cart'])
      })

    test('sends the previous page as the referrer of a virtual page and of the page after it', async ({
      tab,
      site,
      collector,
    }) => {
      await tab.evaluate(() => {
        window.tracker.page('/checkout?step=2#form')
        history.pushState(null, '', '/thanks')
      })
      await collector.until(() => collector.pageviews().length === 3)

      expect(
        collector
          .pageviews()
          .map(({ url, referrer }) => ({ url, referrer }))
          .slice(1),
      ).toEqual([
        { url: `${site.url}/checkout?step=2`, referrer: `${site.url}/` },
        { url: `${site.url}/thanks`, referrer: `${site.url}/checkout?step=2` },
      ])
    })

    test("preserves the state and errors of the page's history functions", async ({ tab, collector }) => {
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
