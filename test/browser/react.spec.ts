import { join } from 'node:path'
import { bundleApp } from '../support/bundle-app.js'
import { expect, test } from '../support/browser-fixtures.js'
import { DENY_WEBDRIVER, plainPage, TRACKING_CODE } from '../support/test-pages.js'

let app: string

test.beforeAll(async () => {
  app = await bundleApp(join(import.meta.dirname, '../react/start-shop.ts'))
})

test('counts one pageview for a React application in StrictMode and one more for each navigation', async ({
  tab,
  site,
  collector,
}) => {
  site.addPage('/shop.js', app, { 'content-type': 'text/javascript' })
  const props = { code: TRACKING_CODE, apiUrl: collector.url, allowLocalhost: true }
  const start = `<script type="module">
    import { startShop } from '/shop.js'
    startShop(document.querySelector('main'), ${JSON.stringify(props)})
  </script>`

  await tab.goto(
    site.addPage(
      '/',
      plainPage(site, { title: 'Shop', head: DENY_WEBDRIVER + start, body: '<main></main>' }),
    ),
  )
  await collector.until(() => collector.pageviews().length === 1)
  await tab.click('button')
  await collector.until(() => collector.customEvents('buy').length === 1)
  expect(collector.pageviews()).toHaveLength(1)

  await tab.evaluate(() => {
    history.pushState(null, '', '/cart')
    document.title = 'Cart'
  })
  await collector.until(() => collector.pageviews().length === 2)
  await tab.click('button')
  await collector.until(() => collector.customEvents('buy').length === 2)

  expect(collector.pageviews()).toEqual([
    expect.objectContaining({ url: `${site.url}/`, title: 'Shop' }),
    expect.objectContaining({ url: `${site.url}/cart`, title: 'Cart', referrer: `${site.url}/` }),
  ])
  expect(collector.customEvents('buy').map(({ url, properties }) => ({ url, properties }))).toEqual([
    { url: `${site.url}/`, properties: { position: 0 } },
    { url: `${site.url}/cart`, properties: { position: 1 } },
  ])
})
