import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '../support/browser-fixtures.js'
import { readOutbox } from '../support/read-outbox.js'
import { plainPage, trackedPage, VARIANTS } from '../support/test-pages.js'

// The outbox of earlier pages is sent one second after load, with everything that waits.
const OUTBOX_OPENED_MS = 1_500

for (const variant of VARIANTS)
  test.describe(variant, () => {
    test('resends an event as a retry after a 503 response', async ({ tab, servers, site, collector }) => {
      collector.nextOutcomes = [503]
      await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
      await collector.until(() => collector.posts().some(({ outcome }) => outcome === 200))

      const [first, ...again] = collector.arrivals()
      expect(first!.event).not.toHaveProperty('retry')
      expect(first!.event).not.toHaveProperty('age_ms')
      const last = again.at(-1)!
      expect(last.event).toEqual({ ...first!.event, retry: true, age_ms: expect.any(Number) as unknown })
      // Page and collector share a clock; they differ only by network delays, and one may be slow.
      const waited = last.request.at - first!.request.at
      expect(last.event.age_ms).toBeGreaterThan(0)
      expect(last.event.age_ms).toBeLessThan(waited + 5_000)
      await expect.poll(() => readOutbox(tab)).toEqual([])
    })

    test('resends a failed event while the page stays open', async ({ tab, servers, site, collector }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
      await collector.until(() => collector.pageviews().length === 1)
      // Any retry after this comes from the backoff.
      await sleep(OUTBOX_OPENED_MS)
      collector.outcome = 503
      await tab.evaluate(() => window.tracker.track('signup'))
      await collector.until(() => collector.customEvents('signup').length === 1)
      collector.outcome = 200
      await collector.until(() => collector.posts().at(-1)!.outcome === 200)

      expect(collector.arrivals().at(-1)!.event).toMatchObject({ event_name: 'signup', retry: true })
    })

    test.describe(() => {
      test.use({ expectedMessages: /^zenovay: TEST status 400$/ })

      test('does not resend an event after a 400 response', async ({ tab, servers, site, collector }) => {
        collector.outcome = 400
        await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
        await collector.until(() => collector.events().length === 1)
        // A page that is left before its answer sends the event again.
        await expect.poll(() => readOutbox(tab)).toEqual([])
        // Any waiting event would be sent by the next page, after a second.
        collector.outcome = 503
        await tab.goto(site.addPage('/next', trackedPage(servers, { variant })))
        await collector.until(() =>
          collector.arrivals().some(({ event }) => event.url.endsWith('/next') && event.retry),
        )

        expect(collector.arrivals().filter(({ event }) => !event.url.endsWith('/next'))).toHaveLength(1)
      })
    })

    test('keeps the page working while the collector is down and sends the event on the next page', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const home = site.addPage(
        '/',
        trackedPage(servers, { variant, body: '<button id="button">0</button>' }),
      )
      const blank = site.addPage('/blank', plainPage(site))
      const next = site.addPage('/next', trackedPage(servers, { variant }))

      await tab.goto(home)
      await collector.until(() => collector.pageviews().length === 1)
      await collector.down()
      await tab.evaluate(() => {
        const button = document.querySelector('#button')!
        button.addEventListener('click', () => {
          window.tracker.track('clicked')
          button.textContent += '+1'
        })
      })
      await tab.click('#button')
      await expect.poll(() => readOutbox(tab)).toHaveLength(1)
      const [waiting] = await readOutbox(tab)
      expect(await tab.evaluate(() => document.querySelector('#button')!.textContent)).toBe('0+1')
      // Left while the collector is down, so nothing on this page can have delivered the event.
      await tab.goto(blank)
      await collector.up()
      expect(collector.customEvents('clicked')).toEqual([])

      await tab.goto(next)
      await collector.until(() => collector.customEvents('clicked').length > 0)
      const [clicked] = collector.customEvents('clicked')
      expect(clicked).toMatchObject({ event_id: waiting, url: home, retry: true })
      expect(clicked!.age_ms).toBeGreaterThan(0)
      await expect.poll(() => readOutbox(tab)).toEqual([])
      expect(site.messages).toEqual([])
    })

    test('resends an event after a connection reset until it is acknowledged', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
      await collector.until(() => collector.pageviews().length === 1)
      collector.outcome = 'reset'
      await tab.evaluate(() => window.tracker.track('signup'))
      await collector.until(() => collector.customEvents('signup').length > 0)
      collector.outcome = 200
      await collector.until(() =>
        collector
          .arrivals()
          .some(({ event, request }) => event.event_name === 'signup' && request.outcome === 200),
      )

      expect(collector.customEvents('signup')).toHaveLength(1)
      await expect.poll(() => readOutbox(tab)).toEqual([])
    })

    test('resends failed events in the order in which they occurred', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
      await collector.until(() => collector.pageviews().length === 1)
      await collector.down()
      await tab.evaluate(() => {
        for (let step = 0; step < 3; step++) window.tracker.track('step', { step })
      })
      await expect.poll(() => readOutbox(tab)).toHaveLength(3)
      await collector.up()
      await collector.until(() => collector.customEvents('step').length >= 3)

      expect(collector.customEvents('step').map(({ properties }) => properties!['step'])).toEqual([0, 1, 2])
    })
  })
