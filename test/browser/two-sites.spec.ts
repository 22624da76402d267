import { expect, test as base } from '../support/browser-fixtures.js'
import { readOutbox } from '../support/read-outbox.js'
import { RecordingCollector } from '../support/recording-collector.js'
import type { SiteServer } from '../support/site-server.js'
import type { Tab } from '../support/tab.js'
import {
  plainPage,
  SHORT_PAUSES,
  trackedPage,
  TRACKING_CODE,
  VARIANTS,
  type Variant,
} from '../support/test-pages.js'

declare global {
  interface Window {
    /** The URLs of all requests of the page's scripts. */
    requested: string[]
  }
}

const BLOG_CODE = 'ZV_BrowserTest2'

interface Outage {
  problem: string
  begin(collector: RecordingCollector): unknown
  end(collector: RecordingCollector): unknown
}

const OUTAGES: Outage[] = [
  {
    problem: 'answers 503',
    begin: (collector) => (collector.outcome = 503),
    end: (collector) => (collector.outcome = 200),
  },
  {
    problem: 'is unreachable',
    begin: (collector) => collector.down(),
    end: (collector) => collector.up(),
  },
]

// A request to a collector that is down leaves no other trace.
const NOTE_REQUESTS = `<script>
  window.requested = []
  {
    const request = fetch.bind(window)
    window.fetch = (...call) => (requested.push(String(call[0])), request(...call))
  }
</script>`

const test = base.extend<{ other: RecordingCollector }>({
  other: async ({}, use) => {
    const other = await new RecordingCollector().start()
    await use(other)
    await other.down()
    expect.soft(other.unexpectedRequests(), 'unexpected requests').toEqual([])
  },
})

interface Visit {
  tab: Tab
  site: SiteServer
  collector: RecordingCollector
}

/** Tracks an order under /shop while its collector is down, and leaves: the order waits in the outbox. */
async function leaveOrder({ tab, site, collector }: Visit, variant: Variant, outage: Outage): Promise<void> {
  const blank = site.addPage('/blank', plainPage(site))
  await tab.goto(site.addPage('/shop', trackedPage({ site, collector }, { variant })))
  await collector.until(() => collector.pageviews().length === 1)
  await expect.poll(() => readOutbox(tab)).toEqual([])
  await outage.begin(collector)
  await tab.evaluate(() => window.tracker.track('order'))
  await expect.poll(() => readOutbox(tab)).toHaveLength(1)
  // Left during the outage, so nothing on this page can have delivered the order.
  await tab.goto(blank)
  // As ten seconds later: until then, other pages would leave the order to this one.
  await tab.evaluate(() => localStorage.removeItem('zenovay-claim'))
}

/** The URLs to which events of a name were sent, each once. */
function addresses(collectors: RecordingCollector[], name: string): string[] {
  const urls = collectors.flatMap((collector) =>
    collector
      .arrivals()
      .filter(({ event: { event_name = 'pageview' } }) => event_name === name)
      .map(({ request }) => collector.url + request.path),
  )
  return [...new Set(urls)]
}

for (const variant of VARIANTS)
  for (const outage of OUTAGES) {
    test(`${variant}: sends an event whose collector ${outage.problem} from a page with another tracking code to its own site`, async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      await leaveOrder({ tab, site, collector }, variant, outage)
      await outage.end(collector)
      await tab.goto(
        site.addPage('/blog', trackedPage(servers, { variant, code: BLOG_CODE, head: SHORT_PAUSES })),
      )
      await expect.poll(() => readOutbox(tab)).toEqual([])

      const { url } = collector
      expect(addresses([collector], 'order')).toEqual([`${url}/e/${TRACKING_CODE}`])
      expect(addresses([collector], 'pageview')).toEqual([
        `${url}/e/${TRACKING_CODE}`,
        `${url}/e/${BLOG_CODE}`,
      ])
      const order = collector.arrivals().findLast(({ event }) => event.event_name === 'order')
      expect(order).toMatchObject({ event: { retry: true }, request: { outcome: 200 } })
      const [shopView, blogView] = collector.pageviews()
      expect(shopView!.visitor_id).toBeTruthy()
      expect(blogView!.visitor_id).toBe(shopView!.visitor_id)
    })

    test(`${variant}: sends the events of a page while the collector of another page ${outage.problem}`, async ({
      tab,
      site,
      collector,
      other,
    }) => {
      await leaveOrder({ tab, site, collector }, variant, outage)
      const shopUrl = `${collector.url}/e/${TRACKING_CODE}`
      const blogUrl = `${other.url}/e/${TRACKING_CODE}`
      const head = SHORT_PAUSES + NOTE_REQUESTS
      const blog = trackedPage({ site, collector: other }, { variant, apiUrl: other.url, head })
      await tab.goto(site.addPage('/blog', blog))
      await expect.poll(() => tab.evaluate(() => window.requested)).toContain(shopUrl)
      for (let step = 0; step < 3; step++) {
        await tab.evaluate((step) => window.tracker.track('step', { step }), step)
        await other.until(() => other.customEvents('step').length > step)
      }
      // All are acknowledged but the order.
      await expect.poll(() => readOutbox(tab)).toHaveLength(1)
      await outage.end(collector)
      await expect.poll(() => readOutbox(tab)).toEqual([])

      const both = [collector, other]
      expect(addresses(both, 'order')).toEqual([shopUrl])
      expect(addresses(both, 'step')).toEqual([blogUrl])
      expect(collector.arrivals().at(-1)).toMatchObject({
        event: { event_name: 'order', retry: true },
        request: { outcome: 200 },
      })
      const [shopView] = collector.pageviews()
      const [blogView] = other.pageviews()
      expect(shopView!.visitor_id).toBeTruthy()
      expect(blogView!.visitor_id).toBe(shopView!.visitor_id)
    })
  }
