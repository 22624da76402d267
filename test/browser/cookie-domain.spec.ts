import { expect, test } from '../support/browser-fixtures.js'
import type { IngestEvent } from '../../src/contract/wire.js'
import { identityFromRequest } from '../../src/server/identity-from-request.js'
import { EMPTY_STORAGE, readStorage } from '../support/read-storage.js'
import type { Tab } from '../support/tab.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

const DOMAIN = 'shop.localhost'
const YEAR_S = 365 * 24 * 60 * 60

/**
 * Opens a page under the name of a subdomain. Not every system resolves names under localhost (RFC 6761,
 * section 6.3).
 */
async function visit(tab: Tab, url: string): Promise<void> {
  const reached = await tab.goto(url).then(
    () => tab.evaluate((wanted) => location.href === wanted, url),
    () => false,
  )
  test.skip(!reached, 'this browser finds no sub-domain of localhost')
}

/** The same page under another host name. */
function on(host: string, url: string): string {
  return url.replace('//localhost', `//${host}`)
}

function ids({ visitor_id, session_id }: IngestEvent) {
  return { visitor_id, session_id }
}

for (const variant of VARIANTS)
  test.describe(`${variant}, cookieDomain`, () => {
    test('shares the visitor and session between two subdomains', async ({
      tab,
      servers,
      site,
      collector,
      session,
    }) => {
      const home = site.addPage('/', trackedPage(servers, { variant, cookieDomain: DOMAIN }))
      await visit(tab, on(`a.${DOMAIN}`, home))
      await collector.until(() => collector.pageviews().length === 1)
      await expect
        .poll(() => readStorage(tab), 'ids are in the cookie only')
        .toEqual({ ...EMPTY_STORAGE, cookie: expect.stringMatching(/^zenovay=[^;]+$/) as unknown })
      const now = Date.now() / 1000
      const [cookie, ...others] = await session.cookies()
      expect(others).toEqual([])
      expect(cookie).toMatchObject({
        name: 'zenovay',
        domain: `.${DOMAIN}`,
        path: '/',
        sameSite: 'Lax',
        secure: false,
      })
      expect(Math.abs(cookie!.expires - now - YEAR_S)).toBeLessThan(60)

      await visit(tab, on(`b.${DOMAIN}`, home))
      await collector.until(() => collector.pageviews().length === 2)
      const [first, second] = collector.pageviews()
      expect(second!.url).toBe(on(`b.${DOMAIN}`, `${site.url}/`))
      expect(first!.visitor_id).toBeTruthy()
      expect(ids(second!)).toEqual(ids(first!))
      // A server finds them in its requests.
      const headers = { cookie: (await readStorage(tab)).cookie }
      const { visitorId, sessionId } = identityFromRequest({ headers })!
      expect({ visitor_id: visitorId, session_id: sessionId }).toEqual(ids(first!))
    })

    test('creates a different visitor for another domain', async ({ tab, servers, site, collector }) => {
      const home = site.addPage('/', trackedPage(servers, { variant, cookieDomain: DOMAIN }))
      const other = site.addPage(
        '/other',
        trackedPage(servers, { variant, cookieDomain: 'bakery.localhost' }),
      )
      await visit(tab, on(`a.${DOMAIN}`, home))
      await collector.until(() => collector.pageviews().length === 1)
      await visit(tab, on('a.bakery.localhost', other))
      await collector.until(() => collector.pageviews().length === 2)

      const [first, second] = collector.pageviews()
      expect(second!.visitor_id).toBeTruthy()
      expect(second!.visitor_id).not.toBe(first!.visitor_id)
    })

    test('keeps the IDs in memory if the browser rejects the cookie domain', async ({
      tab,
      servers,
      site,
      collector,
      session,
    }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, cookieDomain: 'elsewhere.example' })))
      await tab.evaluate(() => window.tracker.track('signup'))
      await tab.evaluate(() => history.pushState(null, '', '/cart'))
      await collector.until(
        () => collector.pageviews().length === 2 && collector.customEvents('signup').length === 1,
      )

      const [first, ...others] = collector.events().map(ids)
      expect(first!.visitor_id).toBeTruthy()
      expect(others).toEqual([first, first])
      expect(await session.cookies()).toEqual([])
      await expect.poll(() => readStorage(tab)).toEqual(EMPTY_STORAGE)
    })

    test('sets no cookie until consent is granted', async ({ tab, servers, site, collector, session }) => {
      await visit(
        tab,
        on(
          `a.${DOMAIN}`,
          site.addPage('/', trackedPage(servers, { variant, cookieDomain: DOMAIN, consent: 'required' })),
        ),
      )
      await collector.until(() => collector.pageviews().length === 1)
      expect(await session.cookies()).toEqual([])

      await tab.evaluate(() => {
        window.tracker.consent('granted')
        window.tracker.track('signup')
      })
      await collector.until(() => collector.customEvents('signup').length === 1)
      const visitor = collector.customEvents('signup')[0]!.visitor_id
      expect(visitor).toBeTruthy()
      const cookies = await session.cookies()
      expect(cookies.map(({ name }) => name)).toEqual(['zenovay'])
      expect(decodeURIComponent(cookies[0]!.value)).toContain(visitor)
    })
  })
