import { expect, test } from '../support/browser-fixtures.js'
import { EMPTY_STORAGE, readStorage } from '../support/read-storage.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

for (const variant of VARIANTS) {
  test(`${variant}: stores nothing and sends no visitor ID in cookieless mode`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    const page = site.addPage('/', trackedPage(servers, { variant, cookieless: true }))

    await tab.goto(page)
    await tab.evaluate(() => window.tracker.track('signup'))
    await collector.until(() => collector.customEvents('signup').length === 1)
    expect(await readStorage(tab)).toEqual(EMPTY_STORAGE)
    await tab.goto(page)
    await collector.until(() => collector.pageviews().length === 2)
    expect(await readStorage(tab)).toEqual(EMPTY_STORAGE)

    const [pageview, signup, nextLoad] = collector.events()
    for (const event of [pageview!, signup!, nextLoad!]) {
      expect(event.cookieless).toBe(true)
      expect(event).not.toHaveProperty('visitor_id')
    }
    expect(signup!.session_id, 'one session per page load').toBe(pageview!.session_id)
    expect(nextLoad!.session_id).not.toBe(pageview!.session_id)
  })

  test(`${variant}: keeps a failed cookieless event in memory`, async ({ tab, servers, site, collector }) => {
    collector.outcome = 503
    await tab.goto(site.addPage('/', trackedPage(servers, { variant, cookieless: true })))
    await collector.until(() => collector.events().length === 1)
    expect(await readStorage(tab)).toEqual(EMPTY_STORAGE)
    collector.outcome = 200
    await collector.until(() => collector.posts().some(({ outcome }) => outcome === 200))

    const [first, ...again] = collector.arrivals().map(({ event }) => event)
    expect(again.at(-1)).toMatchObject({ event_id: first!.event_id, cookieless: true, retry: true })
    expect(await readStorage(tab)).toEqual(EMPTY_STORAGE)
  })

  for (const signal of ['globalPrivacyControl: true', "doNotTrack: '1'"])
    test(`${variant}: stores nothing and sends no visitor ID with ${signal}`, async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const [name, value] = signal.split(': ')
      const head = `<script>Object.defineProperty(Navigator.prototype, '${name}', { configurable: true, get: () => ${value} })</script>`
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, head })))
      await collector.until(() => collector.pageviews().length === 1)

      expect(collector.pageviews()[0]).toMatchObject({ gpc: true, cookieless: true })
      expect(collector.pageviews()[0]).not.toHaveProperty('visitor_id')
      expect(await readStorage(tab)).toEqual(EMPTY_STORAGE)
    })

  test(`${variant}: sends events if storage is unavailable`, async ({ tab, servers, site, collector }) => {
    // As in a sandboxed frame: every access to storage throws a SecurityError.
    const headers = { 'content-security-policy': 'sandbox allow-scripts' }
    await tab.goto(site.addPage('/', trackedPage(servers, { variant }), headers))
    const error = await tab.evaluate(() => {
      try {
        return `none, and it has ${localStorage.length} keys`
      } catch (thrown) {
        return (thrown as Error).name
      }
    })
    expect(error).toBe('SecurityError')
    await tab.evaluate(() => window.tracker.track('signup'))
    await collector.until(() => collector.customEvents('signup').length === 1)

    const [pageview, signup] = collector.events()
    expect(signup).toMatchObject({ visitor_id: pageview!.visitor_id, session_id: pageview!.session_id })
    expect(pageview!.visitor_id).toBeTruthy()
  })
}
