import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import { plainPage, trackedPage, VARIANTS } from '../support/test-pages.js'

const EXCLUDE = '/admin/*, /account/**,/secret'

function sent(
  collector: RecordingCollector,
): { path: string; name: string | undefined; referrer: string | undefined }[] {
  return collector.events().map(({ url, event_name, referrer }) => ({
    path: url.slice(new URL(url).origin.length),
    name: event_name,
    referrer: referrer?.replace(/^https?:\/\/[^/]+/, ''),
  }))
}

for (const variant of VARIANTS)
  test.describe(`${variant}, exclude`, () => {
    test('excludes pages with a matching path and counts all other pages', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const html = trackedPage(servers, {
        variant,
        exclude: EXCLUDE,
        body: `<script>addEventListener('load', () => tracker.track('loaded'))</script>`,
      })
      for (const path of [
        '/secret',
        '/admin/users',
        '/account/orders/7',
        '/secret?from=mail',
        '/admin/users/7',
        '/secrets',
        '/admin',
        '/end',
      ]) {
        site.addPage(path.replace(/\?.*/, ''), html)
        await tab.goto(site.url + path)
      }
      await collector.until(() => collector.events().filter(({ url }) => url.endsWith('/end')).length === 2)

      const pages = new Set(sent(collector).map(({ path }) => path))
      expect([...pages].toSorted()).toEqual(['/admin', '/admin/users/7', '/end', '/secrets'])
    })

    test('excludes a matching client-side navigation with its events and does not use it as the referrer', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, exclude: EXCLUDE })))
      await collector.until(() => collector.pageviews().length === 1)
      await tab.evaluate(async () => {
        // Longer than the tracker waits for a page to settle, so that it counts each navigation.
        const settled = () => new Promise((resolve) => setTimeout(resolve, 150))
        history.pushState(null, '', '/account/orders/7?paid=1')
        window.tracker.track('paid')
        await settled()
        history.pushState(null, '', '/thanks')
        await settled()
        history.pushState(null, '', '/')
      })
      await collector.until(() => collector.pageviews().length === 3)

      expect(sent(collector)).toEqual([
        { path: '/', name: undefined, referrer: '' },
        { path: '/thanks', name: undefined, referrer: '' },
        { path: '/', name: undefined, referrer: '/thanks' },
      ])
    })

    for (const [path, expected] of [
      ['/secret', ''],
      ['/public', '/public'],
    ] as const)
      test(`sends ${expected || 'no'} referrer for a page reached from ${path}`, async ({
        tab,
        servers,
        site,
        collector,
      }) => {
        const start = site.addPage(path, plainPage(site, { body: '<a id="link" href="/">Home</a>' }))
        site.addPage('/', trackedPage(servers, { variant, exclude: EXCLUDE }))
        await tab.goto(start)
        await tab.click('#link')
        await collector.until(() => collector.pageviews().length === 1)

        // Its pageview may arrive before the page can be queried.
        await expect(async () => {
          expect(await tab.evaluate(() => document.referrer)).toBe(start)
        }).toPass()
        expect(sent(collector)).toEqual([{ path: '/', name: undefined, referrer: expected }])
      })

    test('keeps an excluded path on another site as referrer', async ({ tab, servers, site, collector }) => {
      const elsewhere = site
        .addPage(
          '/secret',
          plainPage(site, {
            head: '<meta name="referrer" content="unsafe-url">',
            body: `<a id="link" href="${site.url}/">Home</a>`,
          }),
        )
        .replace('localhost', '127.0.0.1')
      site.addPage('/', trackedPage(servers, { variant, exclude: EXCLUDE }))
      await tab.goto(elsewhere)
      await tab.click('#link')
      await collector.until(() => collector.pageviews().length === 1)

      expect(collector.pageviews()[0]!.referrer).toBe(elsewhere)
    })
  })
