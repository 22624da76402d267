import { setTimeout as sleep } from 'node:timers/promises'
import { validateEvent } from '../../src/contract/validate-event.js'
import { expect, test } from '../support/browser-fixtures.js'
import { plainPage, trackedPage, TRACKING_CODE, VARIANTS } from '../support/test-pages.js'

// The outbox of earlier pages is sent one second after load; a second request would arrive then.
const OUTBOX_OPENED_MS = 1_500

const ID: unknown = expect.stringMatching(/^.{20,128}$/)

for (const variant of VARIANTS) {
  test(`${variant}: sends one request without a preflight for a page load`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    const home = site.addPage('/', trackedPage(servers, { variant }))

    await tab.goto(home)
    await collector.until(() => collector.pageviews().length === 1)
    // Proves that no second request arrives.
    await sleep(OUTBOX_OPENED_MS)

    const posts = collector.requests.filter(({ path }) => path !== '/z.js')
    expect(posts.map(({ method, path }) => `${method} ${path}`)).toEqual([`POST /e/${TRACKING_CODE}`])
    expect(posts[0]!.contentType).toMatch(/^text\/plain(;|$)/)
    expect(collector.events()).toHaveLength(1)
  })

  test(`${variant}: includes the page, visitor and device in a pageview`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    const home = site.addPage('/', trackedPage(servers, { variant, title: 'Shoes & “Söhne”' }))

    await tab.goto(`${home}?size=43#reviews`)
    await collector.until(() => collector.pageviews().length === 1)

    const [pageview] = collector.pageviews()
    const own = await tab.evaluate(() => ({
      user_agent: navigator.userAgent,
    }))
    expect(pageview).toEqual({
      ...own,
      event_id: ID,
      session_id: ID,
      visitor_id: ID,
      url: `${home}?size=43`,
      referrer: '',
      title: 'Shoes & “Söhne”',
      device_type: 'auto',
      browser: 'auto',
      os: 'auto',
    })
    expect(validateEvent(pageview)).toMatchObject({ ok: true })
  })

  test(`${variant}: sends the linking page as the referrer`, async ({ tab, servers, site, collector }) => {
    const start = site.addPage('/start', plainPage(site, { body: '<a id="link" href="/">Home</a>' }))
    site.addPage('/', trackedPage(servers, { variant }))

    await tab.goto(start)
    await tab.click('#link')
    await collector.until(() => collector.pageviews().length === 1)

    expect(collector.pageviews()[0]!.referrer).toBe(start)
  })
}
