import { expect, test } from '../support/browser-fixtures.js'
import { plainPage, trackedPage, VARIANTS } from '../support/test-pages.js'

declare global {
  interface Window {
    /** Survives in a page that was cached, and is gone from one that was loaded again. */
    aliveSince?: number
  }
}

for (const variant of VARIANTS)
  test(`${variant}: a page restored from the back/forward cache is a new pageview`, async ({ tab, servers, site, collector }) => {
    const home = site.addPage('/', trackedPage(servers, { variant, body: '<a id="link" href="/about">About</a>' }))
    const about = site.addPage('/about', plainPage(site))

    await tab.goto(home)
    await collector.until(() => collector.pageviews().length === 1)
    await tab.evaluate(() => void (window.aliveSince = 1))
    await tab.click('#link')
    await expect.poll(() => tab.url()).toBe(about)
    // In a task of its own: the answer to this call must not get lost with the page.
    await tab.evaluate(() => void setTimeout(() => history.back()))
    await collector.until(() => collector.pageviews().length === 2)

    // Firefox refuses a call in the moment in which it changes pages.
    await expect(async () => {
      expect(await tab.evaluate(() => window.aliveSince), 'the page was restored, not loaded again').toBe(1)
    }).toPass({ timeout: 5_000 })
    const [first, second] = collector.pageviews()
    expect(second).toMatchObject({ url: home, visitor_id: first!.visitor_id, session_id: first!.session_id })
  })
