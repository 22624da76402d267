import { expect, test } from '../support/browser-fixtures.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

test.use({ expectedMessages: /^zenovay:.*ZV_/ })

for (const variant of VARIANTS)
  for (const { name, code } of [
    { name: 'no code', code: null },
    { name: 'an impossible code', code: 'UA-12345-6' },
  ])
    test(`${variant}: logs one warning and sends nothing with ${name}`, async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const good = site.addPage('/good', trackedPage(servers, { variant }))
      await tab.goto(site.addPage('/bad', trackedPage(servers, { variant, code })))
      await expect.poll(() => site.messages.length).toBe(1)
      await tab.evaluate(() => history.pushState(null, '', '/cart'))

      // The next page's pageview arrives after anything that this page could have sent.
      await tab.goto(good)
      await collector.until(() => collector.posts().length > 0)
      expect(collector.events().map(({ url }) => url)).toEqual([good])
      expect(site.messages.map(({ kind }) => kind)).toEqual(['warn'])
      expect(site.messages[0]!.text).toMatch(variant === 'script' ? /data-tracking-code=ZV_/ : /init\('ZV_/)
    })
