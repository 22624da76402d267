import { expect, test } from '../support/browser-fixtures.js'
import { STUB } from '../support/script-tag.js'
import { plainPage, trackedPage, TRACKING_CODE, VARIANTS } from '../support/test-pages.js'

declare global {
  interface Window {
    layoutShifts: number
    defaultPrevented: boolean[]
  }
}

for (const variant of VARIANTS)
  test.describe(variant, () => {
    test('sends each pageview in one request without a preflight and sets no cookie', async ({
      tab,
      servers,
      site,
      collector,
      session,
    }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
      await collector.until(() => collector.pageviews().length === 1)
      for (const [index, path] of ['/cart', '/thanks'].entries()) {
        await tab.evaluate((next) => history.pushState(null, '', next), path)
        await collector.until(() => collector.pageviews().length === index + 2)
      }
      // A page that is left with an answer under way sends the event again.
      await expect.poll(() => tab.evaluate(() => Object.keys(localStorage))).toEqual(['zenovay'])
      await tab.goto(site.addPage('/next', trackedPage(servers, { variant })))
      await collector.until(() => collector.pageviews().length === 4)

      const requests = collector.requests.filter(({ path }) => path !== '/z.js')
      expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(
        Array(4).fill(`POST /e/${TRACKING_CODE}`),
      )
      expect(await session.cookies()).toEqual([])
      expect(await tab.evaluate(() => document.cookie)).toBe('')
    })

    test('causes no layout shifts', async ({ tab, servers, site, collector, browserName }) => {
      test.skip(browserName !== 'chromium', 'only Chromium measures layout shifts')
      const head = `<script>
        window.layoutShifts = 0
        new PerformanceObserver((list) => { layoutShifts += list.getEntries().length }).observe({ type: 'layout-shift', buffered: true })
      </script>`
      const body =
        '<h1>Shop</h1><p style="font-size: 2em">Shoes</p><div style="height: 400px; background: tan">Picture</div><p>More</p>'
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, head, body })))
      await collector.until(() => collector.pageviews().length === 1)
      await tab.evaluate(() => history.pushState(null, '', '/cart'))
      await collector.until(() => collector.pageviews().length === 2)
      const shifts = () => tab.evaluate(() => window.layoutShifts)
      expect(await shifts()).toBe(0)

      // A shift made by the test is detected, so one of the tracker would have been.
      await tab.evaluate(() =>
        document.body.insertAdjacentHTML('afterbegin', '<div style="height: 200px"></div>'),
      )
      await expect.poll(shifts).toBeGreaterThan(0)
    })

    test('does not change which default actions other listeners prevent', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const body = `<a id="stay" href="/next">Stay</a> <a id="go" href="#there">Go</a> <form action="/next"><button id="send">Send</button></form>
      <script>
        window.defaultPrevented = []
        document.querySelector('#stay').addEventListener('click', (event) => event.preventDefault())
        document.querySelector('form').addEventListener('submit', (event) => event.preventDefault())
        for (const type of ['click', 'submit']) addEventListener(type, (event) => defaultPrevented.push(event.defaultPrevented))
      </script>`
      const home = site.addPage('/', trackedPage(servers, { variant, body }))
      await tab.goto(home)
      await collector.until(() => collector.pageviews().length === 1)
      for (const selector of ['#stay', '#send', '#go']) await tab.click(selector)
      await expect.poll(() => tab.url()).toBe(`${home}#there`)

      // The button's click, which no listener prevents, submits the form.
      expect(await tab.evaluate(() => window.defaultPrevented)).toEqual([true, false, true, false])
    })

    test('keeps the page working without console messages while the collector is down', async ({
      tab,
      openTab,
      servers,
      site,
      collector,
    }) => {
      const track = variant === 'script' ? `zenovay('track', 'clicked')` : `tracker.track('clicked')`
      const body = `<button id="button">0</button><script>
        document.querySelector('#button').addEventListener('click', ({ target }) => { ${track}; target.textContent += '+1' })
      </script>`
      const home = site.addPage('/', trackedPage(servers, { variant, head: STUB, body }))
      await tab.goto(home)
      await collector.until(() => collector.pageviews().length === 1)
      await collector.down()
      await tab.evaluate(() => window.tracker.track('lost'))
      await tab.click('#button')
      // A new tab has no data of the collector in its memory.
      const other = await openTab()
      await other.goto(`${home}?again`)
      await other.click('#button')
      // By then, a request of either page has failed.
      await expect
        .poll(() =>
          other.evaluate((url) => fetch(url).then(String, ({ name }: Error) => name), collector.url),
        )
        .toBe('TypeError')
      await expect
        .poll(() => other.evaluate(() => document.querySelector('#button')!.textContent))
        .toBe('0+1')
      await collector.up()

      expect(site.messages).toEqual([])
    })
  })

test('script: keeps the page working without console messages if the script cannot be loaded', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const head = `${STUB}<script>zenovay('track', 'early')</script>`
  const page = site.addPage('/', trackedPage(servers, { variant: 'script', head }))
  const next = site.addPage('/next', plainPage(site))
  await collector.down()
  await tab.goto(page)
  expect(await tab.evaluate(() => window.zenovay!.q!.length)).toBe(1)
  await tab.goto(next)
  await collector.up()

  expect(collector.requests).toEqual([])
})
