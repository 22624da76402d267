import { validateEvent } from '../../src/contract/validate-event.js'
import { expect, test } from '../support/browser-fixtures.js'
import type { Tab } from '../support/tab.js'
import { plainPage, trackedPage, VARIANTS } from '../support/test-pages.js'
import { WIRE_FIXTURES } from '../support/wire-fixtures.js'

interface Scenario {
  cookieless?: boolean
  /** What the visitor does once the page is there. @default nothing: the page load is the event */
  act?: (tab: Tab) => Promise<void>
  /** Which of the page's events, in the order of their arrival. */
  event: number
}

/** How a visitor makes the tracker send what a fixture holds, by the fixture's `tracker`. */
const SCENARIOS: Record<string, Scenario> = {
  pageview: { event: 0 },
  'custom-event': { event: 1, act: (tab) => tab.evaluate(() => window.tracker.track('add_to_cart', { product: 'Teapot', price: 39.5, gift: true })) },
  'cookieless-pageview': { event: 0, cookieless: true },
}

/** What differs between browsers, machines and runs; everything else is as the fixture has it. */
const VARYING = ['event_id', 'session_id', 'visitor_id', 'browser', 'os', 'user_agent', 'language', 'screen']
const PRODUCED = WIRE_FIXTURES.filter(({ tracker }) => tracker !== undefined)

test('every scenario has its fixture and every fixture of the tracker its scenario', () => {
  expect(PRODUCED.map(({ tracker }) => tracker).toSorted()).toEqual(Object.keys(SCENARIOS).toSorted())
})

for (const variant of VARIANTS)
  for (const fixture of PRODUCED)
    test(`${variant}: the tracker sends the fixture ${fixture.name}`, async ({ tab, servers, site, collector }) => {
      const { cookieless = false, act, event: index } = SCENARIOS[fixture.tracker!]!
      // The same server under another name is another origin, as a search engine is.
      const searchEngine = site.url.replace('localhost', '127.0.0.1')
      const products = site.addPage('/products', trackedPage(servers, { variant, title: 'Products', cookieless }))
      site.addPage('/search', plainPage(site, { body: `<a id="result" href="${products}?utm_source=news">Products</a>` }))

      await tab.goto(`${searchEngine}/search`)
      await tab.click('#result')
      await collector.until(() => collector.events().length === 1)
      await act?.(tab)
      await collector.until(() => collector.events().length === index + 1)

      const sent = collector.events()[index]!
      const asInFixture = JSON.parse(JSON.stringify(sent).replaceAll(site.url, 'https://example.com').replaceAll(searchEngine, 'https://search.example')) as unknown
      const expected = Object.entries(fixture.body as object).map(([name, value]: [string, unknown]) => [name, VARYING.includes(name) ? expect.stringMatching(/./) : value] as const)
      expect(asInFixture).toEqual(Object.fromEntries(expected))
      expect(validateEvent(sent)).toMatchObject({ ok: true })
    })
