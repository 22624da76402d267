import type { IngestEvent } from '../../src/contract/wire.js'
import { onceEach } from '../support/stored-site.js'
import { expect, test } from '../support/store-fixtures.js'
import { readOutbox } from '../support/read-outbox.js'
import { plainPage, trackedPage, VARIANTS } from '../support/test-pages.js'

declare global {
  interface Window {
    heardAt?: number
  }
}

const MAX_REQUEST_BYTES = 64 * 1024
const FIRST_VISITS = 5
// Both tabs wait for the same half second, so that their trackers start at the same time.
const MEET = `<script>while (Date.now() % 500 > 20);</script>`
const HEAR = `<script>addEventListener('storage', ({ key }) => key === 'zenovay' && (window.heardAt ??= Date.now()))</script>`
// A tracker that starts at once with another one waits so long for the IDs of the other.
const ADOPTION_MS = 100
/** The ID of an event is the time of its creation, the ID of its page load, and a number. */
const startOf = ({ event_id }: IngestEvent) => Number(event_id!.slice(0, 13))
const pageOf = ({ event_id }: IngestEvent) => event_id!.slice(13, -1)

for (const variant of VARIANTS)
  test.describe(variant, () => {
    test.describe(() => {
      // The page reports requests blocked by the policy.
      test.use({ expectedMessages: /connect-src/ })

      test('stores each event once after a content security policy blocked its request', async ({
        tab,
        servers,
        site,
        collector,
        store,
      }) => {
        // The page reports its messages to its own site.
        const policy = { 'content-security-policy': "connect-src 'self'" }
        await tab.goto(site.addPage('/', trackedPage(servers, { variant }), policy))
        await tab.evaluate(() => {
          for (let step = 0; step < 3; step++) window.tracker.track('step', { step: `${step}` })
        })
        await expect.poll(() => readOutbox(tab)).toHaveLength(4)
        // On leaving, the page sends beacons: with this policy, sendBeacon returns true in Chromium and
        // WebKit but sends nothing.
        await tab.goto(site.addPage('/blank', plainPage(site)))
        expect(collector.posts()).toEqual([])
        await tab.goto(site.addPage('/next', trackedPage(servers, { variant })))
        await expect.poll(() => readOutbox(tab)).toEqual([])
        await expect.poll(() => store.countEvents('step', 'step')).toEqual(onceEach(3))

        expect(await store.countPageviews()).toEqual({ '/': 1, '/next': 1 })
      })
    })

    for (const [character, name] of [
      ['x', 'one byte'],
      // A character of a JavaScript string takes at most three bytes. Two such requests exceed the limit of
      // bytes in flight.
      ['文', 'three bytes'],
    ] as const)
      test(`stores each of 25 events with 5,000 characters of ${name} once and keeps requests within 64 KiB`, async ({
        tab,
        servers,
        site,
        collector,
        store,
      }) => {
        await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
        await collector.until(() => collector.pageviews().length === 1)
        await tab.evaluate((character) => {
          const texts = Object.fromEntries(
            Array.from({ length: 10 }, (_, index) => [`text_${index}`, character.repeat(500)]),
          )
          for (let number = 0; number < 25; number++)
            window.tracker.track('large', { number: `${number}`, ...texts })
        }, character)
        await expect.poll(() => store.countEvents('large', 'number')).toEqual(onceEach(25))
        await expect.poll(() => readOutbox(tab)).toEqual([])

        expect(await store.countEvents('large', 'number')).toEqual(onceEach(25))
        const sizes = collector.posts().map(({ body }) => Buffer.byteLength(body))
        expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_REQUEST_BYTES)
      })

    test('uses one visitor and one session from the first pageviews on if two tabs open at the same time', async ({
      tab,
      openTab,
      servers,
      site,
      collector,
    }) => {
      const page = site.addPage('/', trackedPage(servers, { variant, head: HEAR + MEET }))
      // A message from one tab starts both, because a timer of a hidden tab would be late. Later writes of
      // the other tracker do not, nor does the message of an earlier round that is late.
      const lobby = site.addPage(
        '/lobby',
        plainPage(site, {
          body: `<script>addEventListener('storage', ({ key, newValue }) => key === 'round' && location.search === '?' + newValue && location.assign('/'))</script>`,
        }),
      )
      const other = await openTab()
      let met = 0
      for (let round = 1; met < FIRST_VISITS && round <= 4 * FIRST_VISITS; round++) {
        await tab.goto(`${lobby}?${round}`)
        await tab.evaluate(() => localStorage.clear())
        await other.goto(`${lobby}?${round}`)
        await other.evaluate(
          (round) =>
            void setTimeout(() => {
              localStorage.setItem('round', round)
              location.assign('/')
            }),
          `${round}`,
        )
        await collector.until(() => collector.pageviews().length === round * 2)
        for (const opened of [tab, other]) {
          await expect.poll(() => opened.url()).toBe(page)
          await expect(() =>
            opened.evaluate(() => window.tracker.track('later', { heardAt: `${window.heardAt}` })),
          ).toPass()
        }
        await collector.until(() => collector.customEvents('later').length === round * 2)

        const pageviews = collector.pageviews().slice(-2)
        const later = collector.customEvents('later').slice(-2)
        const [first, ...others] = [...pageviews, ...later]
        // A browser that is busy shows a tab what another one stored when its tracker no longer waits.
        const isTogether = Math.abs(startOf(first!) - startOf(others[0]!)) <= ADOPTION_MS
        const isHeard = pageviews.every((pageview) => {
          const { heardAt } = later.find((event) => pageOf(event) === pageOf(pageview))!.properties!
          return Number(heardAt) < startOf(pageview) + 0.9 * ADOPTION_MS
        })
        if (isTogether && !isHeard) continue
        met++
        const ids = { visitor_id: first!.visitor_id, session_id: first!.session_id }
        expect(others).toMatchObject([ids, ids, ids])
      }
      expect(met).toBe(FIRST_VISITS)
    })

    test('stores each event once if the page crashes with 70 unacknowledged events', async ({
      tab,
      openTab,
      servers,
      site,
      collector,
      store,
      browserName,
    }) => {
      test.skip(browserName !== 'chromium', 'only Chromium can be told to crash a tab and no more than that')
      await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
      await collector.until(() => collector.pageviews().length === 1)
      await collector.down()
      await tab.evaluate(() => {
        for (let step = 0; step < 69; step++) window.tracker.track('step', { step: `${step}` })
      })
      await expect.poll(() => readOutbox(tab)).toHaveLength(69)
      // In one task: each of the two sends 30 of the failed events.
      await tab.evaluate(() => {
        dispatchEvent(new Event('online'))
        window.tracker.track('step', { step: '69' })
      })
      await tab.crash!()
      await collector.up()
      const next = await openTab()
      await next.goto(site.addPage('/next', trackedPage(servers, { variant })))
      await expect.poll(() => readOutbox(next)).toEqual([])
      await expect.poll(() => store.countEvents('step', 'step')).toEqual(onceEach(70))
    })
  })
