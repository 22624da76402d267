import { expect, test } from '../support/browser-fixtures.js'
import type { IngestEvent } from '../../src/contract/wire.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

function ids({ visitor_id, session_id }: IngestEvent) {
  return { visitor_id, session_id }
}

for (const variant of VARIANTS) {
  test(`${variant}: keeps the visitor and session across pages and tabs`, async ({
    tab,
    openTab,
    servers,
    site,
    collector,
  }) => {
    const home = site.addPage('/', trackedPage(servers, { variant }))
    const about = site.addPage('/about', trackedPage(servers, { variant }))

    await tab.goto(home)
    await collector.until(() => collector.pageviews().length === 1)
    await tab.goto(about)
    await collector.until(() => collector.pageviews().length === 2)
    const secondTab = await openTab()
    await secondTab.goto(about)
    await collector.until(() => collector.pageviews().length === 3)

    const [first, second, third] = collector.pageviews().map(ids)
    expect(first!.visitor_id).not.toBe(first!.session_id)
    expect(second).toEqual(first)
    expect(third).toEqual(first)
  })

  test(`${variant}: ends a session after 30 minutes without an event`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    // Time is faked on the second page only: 31 minutes later than on the first.
    const later = `<script>{ const now = Date.now; Date.now = () => now() + 31 * 60_000 }</script>`
    const home = site.addPage('/', trackedPage(servers, { variant }))
    const nextVisit = site.addPage('/next-visit', trackedPage(servers, { variant, head: later }))

    await tab.goto(home)
    await collector.until(() => collector.pageviews().length === 1)
    await tab.goto(nextVisit)
    await collector.until(() => collector.pageviews().length === 2)

    const [first, second] = collector.pageviews()
    expect(second!.visitor_id).toBe(first!.visitor_id)
    expect(second!.session_id).not.toBe(first!.session_id)
  })
}
