import { setTimeout as sleep } from 'node:timers/promises'
import { readOutbox } from '../support/read-outbox.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import { expect, test } from '../support/store-fixtures.js'
import type { Tab } from '../support/tab.js'
import { plainPage, trackedPage, TRACKING_CODE, VARIANTS } from '../support/test-pages.js'

const BACKLOG = 400
// At 60 events in 10 seconds, all of them would take more than a minute.
const CHECKED = 60
const CLICKS = 4
const CLICK_INTERVAL_MS = 2_000
// Longer than the limit below, so that a late click fails with its delay.
const LATE = { timeout: 10_000 }

/** Stores events of an hour ago as a page does that could not reach the collector. */
function storeBacklog(tab: Tab, collectorUrl: string): Promise<void> {
  return tab.evaluate(
    ({ address, count }) => {
      const start = Date.now() - 3_600_000
      for (let number = 0; number < count; number++) {
        // An id is the time of the event and some more digits.
        const event_id = `${start + number}${String(number).padStart(40, '7')}`
        localStorage[`zenovay:${event_id} ${address}`] = JSON.stringify({
          event_id,
          session_id: '1234567890',
          visitor_id: '9876543210',
          event_type: 'custom',
          event_name: 'old',
          properties: { number: `${number}` },
          url: `${location.origin}/earlier`,
          title: 'Earlier',
          device_type: 'auto',
          os: 'auto',
          browser: 'auto',
          user_agent: navigator.userAgent,
        })
      }
    },
    { address: `${collectorUrl}/e/${TRACKING_CODE}`, count: BACKLOG },
  )
}

/** The greatest number of events that arrived within ten seconds, each as often as it came. */
function busiestTenSeconds(collector: RecordingCollector): number {
  const times = collector.arrivals().map(({ request }) => request.at)
  return Math.max(...times.map((start) => times.filter((at) => at >= start && at < start + 10_000).length))
}

for (const variant of VARIANTS)
  test(`${variant}: sends new events at once while it slowly sends 400 events of an earlier page`, async ({
    tab,
    servers,
    site,
    collector,
    store,
  }) => {
    await tab.goto(site.addPage('/blank', plainPage(site)))
    await storeBacklog(tab, collector.url)
    const home = site.addPage('/', trackedPage(servers, { variant }))
    await tab.goto(home)
    await collector.until(() => collector.pageviews().length === 1)
    const pageview = collector.arrivals().find(({ event }) => event.url === home)
    expect(pageview!.request).toBe(collector.posts()[0])

    await collector.until(() => collector.customEvents('old').length > 0)
    for (let click = 0; click < CLICKS; click++) {
      const find = () => collector.arrivals().find(({ event }) => event.properties?.['click'] === click)
      const at = await tab.evaluate((click) => {
        const at = Date.now()
        window.tracker.track('clicked', { click })
        return at
      }, click)
      await expect.poll(find, LATE).toBeTruthy()
      expect(find()!.request.at - at).toBeLessThanOrEqual(1_500)
      // At some time in these eight seconds, the backlog has used up what the limit leaves to it.
      await sleep(CLICK_INTERVAL_MS)
    }
    expect((await readOutbox(tab)).length).toBeGreaterThan(0)

    const countOld = () => store.countEvents('old', 'number')
    await expect
      .poll(async () => Object.keys(await countOld()).length, { timeout: 60_000 })
      .toBeGreaterThanOrEqual(CHECKED)
    expect(new Set(Object.values(await countOld()))).toEqual(new Set([1]))
    expect(busiestTenSeconds(collector)).toBeLessThanOrEqual(60)
  })
