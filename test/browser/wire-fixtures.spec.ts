import { validateEvent } from '../../src/contract/validate-event.js'
import { expect, test } from '../support/browser-fixtures.js'
import type { Tab } from '../support/tab.js'
import { plainPage, trackedPage, VARIANTS } from '../support/test-pages.js'
import { WIRE_FIXTURES } from '../support/wire-fixtures.js'

interface Scenario {
  cookieless?: boolean
  hash?: boolean
  /** Path and query of the landing page. @default '/products?utm_source=news' */
  target?: string
  /** The visitor's action once the page is loaded. @default nothing: the page load is the event */
  act?: (tab: Tab) => Promise<void>
  /** Index of the expected event among the page's events, in the order of arrival. */
  event: number
}

/** The steps that make the tracker send the event of a fixture, by the fixture's `tracker`. */
const SCENARIOS: Record<string, Scenario> = {
  pageview: { event: 0 },
  'custom-event': {
    event: 1,
    act: (tab) =>
      tab.evaluate(() => window.tracker.track('add_to_cart', { product: 'Teapot', price: 39.5, gift: true })),
  },
  'cookieless-pageview': { event: 0, cookieless: true },
  'hash-route': { event: 0, hash: true, target: '/products#/teapots?utm_source=news' },
  goal: {
    event: 1,
    act: (tab) => tab.evaluate(() => window.tracker.goal('signup', { value: 30, plan: 'pro' })),
  },
  revenue: {
    event: 1,
    act: (tab) => tab.evaluate(() => window.tracker.revenue(39.5, undefined, { order: '2026-118' })),
  },
  identify: {
    event: 1,
    act: (tab) => tab.evaluate(() => window.tracker.identify('user-42', { plan: 'pro' })),
  },
}

/** Fields that differ between browsers, machines and runs; all others equal the fixture. */
const VARYING = ['event_id', 'session_id', 'visitor_id', 'user_agent']
const PRODUCED = WIRE_FIXTURES.filter(({ tracker }) => tracker !== undefined)

test('defines exactly one scenario for each tracker fixture', () => {
  expect(PRODUCED.map(({ tracker }) => tracker).toSorted()).toEqual(Object.keys(SCENARIOS).toSorted())
})

for (const variant of VARIANTS)
  for (const fixture of PRODUCED)
    test(`${variant}: sends the fixture event ${fixture.name}`, async ({ tab, servers, site, collector }) => {
      const {
        cookieless = false,
        hash = false,
        target = '/products?utm_source=news',
        act,
        event: index,
      } = SCENARIOS[fixture.tracker!]!
      // The same server under another name is another origin, like a search engine.
      const searchEngine = site.url.replace('localhost', '127.0.0.1')
      site.addPage('/products', trackedPage(servers, { variant, title: 'Products', cookieless, hash }))
      site.addPage(
        '/search',
        plainPage(site, { body: `<a id="result" href="${site.url}${target}">Products</a>` }),
      )

      await tab.goto(`${searchEngine}/search`)
      await tab.click('#result')
      await collector.until(() => collector.events().length === 1)
      // Its pageview arrives before Firefox lets the page be queried: another origin, another process.
      await expect(async () => {
        expect(await tab.evaluate(() => `${document.readyState} ${location.origin}`)).toBe(
          `complete ${site.url}`,
        )
      }).toPass()
      await act?.(tab)
      await collector.until(() => collector.events().length === index + 1)

      const sent = collector.events()[index]!
      const asInFixture = JSON.parse(
        JSON.stringify(sent)
          .replaceAll(site.url, 'https://example.com')
          .replaceAll(searchEngine, 'https://search.example'),
      ) as unknown
      const expected = Object.entries(fixture.body as object).map(
        ([name, value]: [string, unknown]) =>
          [name, VARYING.includes(name) ? expect.stringMatching(/./) : value] as const,
      )
      expect(asInFixture).toEqual(Object.fromEntries(expected))
      expect(validateEvent(sent)).toMatchObject({ ok: true })
    })
