import { expect, test } from '../support/browser-fixtures.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

for (const variant of VARIANTS) {
  test(`${variant}: sends nothing from a browser that reports navigator.webdriver`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    const driven = site.addPage('/driven', trackedPage(servers, { variant, admitWebdriver: true }))
    const visited = site.addPage('/visited', trackedPage(servers, { variant }))

    await tab.goto(driven)
    expect(await tab.evaluate(() => navigator.webdriver)).toBe(true)
    await tab.evaluate(() => window.tracker.track('signup'))

    // The next page's pageview arrives after anything that this page could have sent.
    await tab.goto(visited)
    await collector.until(() => collector.events().length > 0)
    expect(collector.events().map(({ url }) => url)).toEqual([visited])
  })

  test.describe(() => {
    // Without the message a developer would look for the fault elsewhere.
    test.use({ expectedMessages: /^zenovay: local page needs data-allow-localhost$/ })

    test(`${variant}: sends nothing from localhost unless the script tag allows it`, async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const local = site.addPage('/local', trackedPage(servers, { variant, allowLocalhost: false }))
      const allowed = site.addPage('/allowed', trackedPage(servers, { variant }))

      await tab.goto(local)
      await tab.evaluate(() => window.tracker.track('signup'))

      await tab.goto(allowed)
      await collector.until(() => collector.events().length > 0)
      expect(collector.events().map(({ url }) => url)).toEqual([allowed])
    })
  })
}
