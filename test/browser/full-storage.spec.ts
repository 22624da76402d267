import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import type { SiteServer } from '../support/site-server.js'
import type { Tab } from '../support/tab.js'
import { trackedPage, VARIANTS, type Variant } from '../support/test-pages.js'

interface Visit {
  servers: { site: SiteServer; collector: RecordingCollector }
  site: SiteServer
  collector: RecordingCollector
  tab: Tab
}

// On the first page, all this happened an hour ago.
const AN_HOUR_AGO = `<script>{ const now = Date.now; Date.now = () => now() - 3_600_000 }</script>`

/** Stores a visitor state, and fills the rest of the storage down to the last characters. */
function fillStorage(state: string): string {
  return `<script>
    localStorage.zenovay = ${JSON.stringify(state)}
    let text = 'x'.repeat(1 << 20)
    for (let part = 0; text; part++)
      try {
        localStorage['p' + part] = text
      } catch {
        text = text.slice(text.length / 2 + 0.5)
      }
  </script>`
}

/** Opens a page whose storage is full and holds a session that ended; returns the stored visitor. */
async function openFullPage({ servers, site, collector, tab }: Visit, variant: Variant): Promise<string> {
  await tab.goto(site.addPage('/earlier', trackedPage(servers, { variant, head: AN_HOUR_AGO })))
  await collector.until(() => collector.pageviews().length === 1)
  await expect.poll(() => tab.evaluate(() => Object.keys(localStorage))).toEqual(['zenovay'])
  const { visitor_id, session_id } = collector.pageviews()[0]!
  const state = await tab.evaluate(() => localStorage.getItem('zenovay')!)
  expect(state).toContain(session_id)
  // A new session is longer: a full storage accepts an entry that does not grow.
  const head = fillStorage(state.replace(session_id, session_id.slice(0, 8)))
  await tab.goto(site.addPage('/', trackedPage(servers, { variant, head })))
  await collector.until(() => collector.pageviews().length === 2)
  const isFull = await tab.evaluate(() => {
    try {
      localStorage.setItem('another', '')
      return false
    } catch {
      return true
    }
  })
  expect(isFull).toBe(true)
  return visitor_id!
}

/** The different visitors and sessions of the events of the full page. */
function identities(collector: RecordingCollector) {
  const events = collector.events().slice(1)
  return {
    events: events.length,
    visitors: [...new Set(events.map(({ visitor_id }) => visitor_id))],
    sessions: new Set(events.map(({ session_id }) => session_id)).size,
  }
}

for (const variant of VARIANTS)
  test.describe(`${variant}, with full storage`, () => {
    test('sends the events of a page with one session and the stored visitor', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const visitor = await openFullPage({ servers, site, collector, tab }, variant)
      for (let step = 1; step < 5; step++) {
        await tab.evaluate((step) => window.tracker.track('step', { step }), step)
        await collector.until(() => collector.customEvents('step').length === step)
      }

      expect(identities(collector)).toEqual({ events: 5, visitors: [visitor], sessions: 1 })
    })

    test('sends the pageviews of client-side navigations with one session and the stored visitor', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const visitor = await openFullPage({ servers, site, collector, tab }, variant)
      for (let page = 1; page < 5; page++) {
        await tab.evaluate((path) => {
          history.pushState(null, '', path)
          document.title = path
        }, `/page-${page}`)
        await collector.until(() => collector.pageviews().length === page + 2)
      }

      expect(identities(collector)).toEqual({ events: 5, visitors: [visitor], sessions: 1 })
    })
  })
