import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '../support/browser-fixtures.js'
import { readOutbox } from '../support/read-outbox.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import type { Tab } from '../support/tab.js'
import { plainPage, trackedPage, VARIANTS } from '../support/test-pages.js'

declare global {
  interface Window {
    /** For each time the page was shown: whether it came from the cache. */
    shown?: boolean[]
  }
}

const HEAD = `<script>
  window.shown = []
  addEventListener('pageshow', ({ persisted }) => shown.push(persisted))
</script>`
const BODY = '<a id="link" href="/about">About</a>'

/** Leaves the page by its link, and goes back to it. */
async function leaveAndReturn(tab: Tab, about: string): Promise<void> {
  await tab.click('#link')
  await expect.poll(() => tab.url()).toBe(about)
  // In a separate task: the answer to this call must not get lost with the page.
  await tab.evaluate(() => void setTimeout(() => history.back()))
}

/** Firefox rejects a call at the moment it changes pages. */
async function expectRestored(tab: Tab, timeout = 30_000): Promise<void> {
  await expect(async () => {
    // A reloaded page starts again with `false`. On a slow machine, an earlier try may already have restored
    // it.
    expect(await tab.evaluate(() => window.shown?.at(-1)), 'the page was restored, not loaded again').toBe(
      true,
    )
  }).toPass({ timeout })
}

/**
 * WebKitGTK sometimes (measured: 1 of 24) reloads a page with any request under way, so it gets three tries.
 * A page that may not enter the cache fails all of them.
 */
async function expectRestorable(tab: Tab, about: string, browserName: string): Promise<void> {
  for (let tries = browserName === 'webkit' ? 3 : 1; tries > 1; tries--) {
    await leaveAndReturn(tab, about)
    const restored = await expectRestored(tab, 5_000).then(
      () => true,
      () => false,
    )
    if (restored) return
  }
  await leaveAndReturn(tab, about)
  await expectRestored(tab)
}

for (const variant of VARIANTS) {
  test(`${variant}: counts a page restored from the back/forward cache as a new pageview`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    const home = site.addPage('/', trackedPage(servers, { variant, head: HEAD, body: BODY }))
    const about = site.addPage('/about', plainPage(site))

    await tab.goto(home)
    await collector.until(() => collector.pageviews().length === 1)
    // Its request has ended: see expectRestorable.
    await expect.poll(() => readOutbox(tab)).toEqual([])
    await leaveAndReturn(tab, about)
    await collector.until(() => collector.pageviews().length === 2)

    await expectRestored(tab)
    const [first, second] = collector.pageviews()
    expect(second).toMatchObject({ url: home, visitor_id: first!.visitor_id, session_id: first!.session_id })
  })

  const PENDING: { name: string; prepare: (collector: RecordingCollector) => unknown }[] = [
    { name: 'a retry that is due later', prepare: (collector) => (collector.outcome = 503) },
    { name: 'a request without an answer', prepare: (collector) => (collector.outcome = 'hang') },
    { name: 'a collector that is down', prepare: (collector) => collector.down() },
  ]
  for (const { name, prepare } of PENDING)
    test(`${variant}: leaves a page eligible for the back/forward cache despite ${name}`, async ({
      tab,
      servers,
      site,
      collector,
      browserName,
    }) => {
      const about = site.addPage('/about', plainPage(site))
      const page = trackedPage(servers, { variant, head: HEAD, body: BODY })
      site.addPage('/cart', page)
      await tab.goto(site.addPage('/', page))
      await collector.until(() => collector.pageviews().length === 1)
      await prepare(collector)
      await tab.evaluate(() => {
        history.replaceState(null, '', '/cart')
        window.tracker.track('waiting')
      })
      await expect
        .poll(() => tab.evaluate(() => Object.keys(localStorage).length), 'a waiting event')
        .toBeGreaterThan(1)

      await expectRestorable(tab, about, browserName)
      if (name.endsWith('down')) await collector.up()
      collector.outcome = 200
      // Pending events arrive, and so does the pageview of the restored page.
      await collector.until(
        () => collector.customEvents('waiting').length > 0 && collector.pageviews().length > 1,
      )
    })
}

test('script: leaves a page eligible for the back/forward cache with every kind of captured event', async ({
  tab,
  servers,
  site,
  collector,
  browserName,
}) => {
  const body = `${BODY}<script>
    // A driven browser may give its pages no focus.
    document.hasFocus = () => true
  </script>`
  const home = site.addPage(
    '/',
    trackedPage(servers, { variant: 'script', capture: 'all', head: HEAD, body }),
  )
  const about = site.addPage('/about', plainPage(site))
  await tab.goto(home)
  await collector.until(() => collector.requests.some(({ path }) => path === '/vitals.js'))
  await expect.poll(() => readOutbox(tab)).toEqual([])
  // Wait until all kinds listen, and until there is enough engaged time to send.
  await sleep(500)

  await expectRestorable(tab, about, browserName)
  await collector.until(() => collector.pageviews().length > 1)
  const engagements = () => collector.events().filter(({ event_type }) => event_type === 'engagement')
  // The page that was left, and then the restored one.
  await sleep(500)
  // A click hangs in Firefox after its driver's page has come from the cache.
  await tab.evaluate(() => void setTimeout(() => location.assign('/about')))
  await collector.until(() => new Set(engagements().map(({ properties }) => properties!['view'])).size > 1)
  // Web vitals of the restored page are a row of their own, with its pageview.
  const restored = () =>
    collector
      .events()
      .filter(({ properties }) => properties?.['navigation_type'] === 'back-forward-cache')
      .map(({ properties }) => properties!['view'])
  await collector.until(() => restored().length > 0)
  expect(
    collector
      .pageviews()
      .slice(1)
      .map(({ event_id }) => event_id),
  ).toContain(restored().at(-1))
})
