import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test as base } from '../support/browser-fixtures.js'
import { findChromiumTools } from '../support/find-browsers.mjs'
import { openChromedriverSession } from '../support/open-chromedriver-session.js'
import type { SiteServer } from '../support/site-server.js'
import type { Tab } from '../support/tab.js'
import { plainPage, trackedPage, VARIANTS } from '../support/test-pages.js'

const TOOLS = findChromiumTools()
// The outbox of earlier pages is sent one second after load.
const OUTBOX_OPENED_MS = 1_500

const test = base.extend({
  session: async ({}, use) => {
    const session = await openChromedriverSession(TOOLS!)
    await use(session)
    await session.quit()
  },
})

test.skip(({ browserName }) => browserName !== 'chromium', 'only Chromium prerenders pages')
test.skip(!TOOLS, 'no chromedriver: Playwright cancels prerendering')

/** A page that prerenders another one. */
function addStart(site: SiteServer, target: string): string {
  const rules = { prerender: [{ source: 'list', urls: [target], eagerness: 'immediate' }] }
  const head = `<script type="speculationrules">${JSON.stringify(rules)}</script>`
  return site.addPage(
    '/start',
    plainPage(site, {
      head,
      body: `<a id="link" href="${target}">Shop</a><a id="away" href="/away">Away</a>`,
    }),
  )
}

/**
 * Tracks an event, and records that the page exists once every timer of the tracker has passed. A page that
 * is not shown has no open channels.
 */
const TELL = `<script>addEventListener('load', () => {
  tracker.track('early')
  setTimeout(() => (localStorage.state = document.prerendering ? 'prerendering' : 'shown'), ${OUTBOX_OPENED_MS})
})</script>`

/** Waits on the current page until the next one has been prerendered for a while. */
async function waitUntilPrerendered(tab: Tab): Promise<void> {
  await expect.poll(() => tab.evaluate(() => localStorage['state'] as unknown)).toBe('prerendering')
}

for (const variant of VARIANTS) {
  test(`${variant}: counts a prerendered page when it is shown`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    const start = addStart(site, '/shop')
    const shop = site.addPage('/shop', trackedPage(servers, { variant, title: 'Shop', body: TELL }))

    await tab.goto(start)
    await waitUntilPrerendered(tab)
    expect(collector.posts()).toEqual([])
    await tab.click('#link')
    await collector.until(() => collector.customEvents('early').length > 0)
    await tab.evaluate(() => window.tracker.track('end'))
    await collector.until(() => collector.customEvents('end').length > 0)

    expect(
      await tab.evaluate(
        () =>
          (performance.getEntriesByType('navigation')[0] as unknown as { activationStart: number })
            .activationStart,
      ),
    ).toBeGreaterThan(0)
    expect(collector.events().map(({ event_name = 'pageview' }) => event_name)).toEqual([
      'pageview',
      'early',
      'end',
    ])
    expect(collector.pageviews()[0]).toMatchObject({ url: shop, referrer: start, title: 'Shop' })
  })

  test(`${variant}: does not count a prerendered page that is never shown`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    const start = addStart(site, '/shop')
    site.addPage('/shop', trackedPage(servers, { variant, body: TELL }))
    const away = site.addPage('/away', trackedPage(servers, { variant }))

    await tab.goto(start)
    await waitUntilPrerendered(tab)
    await tab.click('#away')
    await collector.until(() => collector.pageviews().length > 0)
    // Proves that nothing arrives: events left by the page that was never shown would be sent within this
    // time.
    await sleep(OUTBOX_OPENED_MS)
    await tab.evaluate(() => window.tracker.track('end'))
    await collector.until(() => collector.customEvents('end').length > 0)

    expect(collector.events().map(({ url }) => url)).toEqual([away, away])
  })
}
