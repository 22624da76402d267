import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import { STUB } from '../support/script-tag.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

function names(collector: RecordingCollector): string[] {
  return collector.events().map(({ event_name = 'pageview' }) => event_name)
}

for (const variant of VARIANTS) {
  test(`${variant}: sends a custom event with its properties`, async ({ tab, servers, site, collector }) => {
    await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
    await tab.evaluate(() => window.tracker.track('signup', { plan: 'pro', seats: 3, trial: false }))
    await collector.until(() => collector.customEvents('signup').length === 1)

    const [pageview, signup] = collector.events()
    expect(signup).toMatchObject({
      event_type: 'custom',
      event_name: 'signup',
      properties: { plan: 'pro', seats: 3, trial: false },
      url: pageview!.url,
      visitor_id: pageview!.visitor_id,
      session_id: pageview!.session_id,
    })
    expect(signup!.event_id).not.toBe(pageview!.event_id)
  })

  test(`${variant}: counts pageviews once if started twice`, async ({ tab, servers, site, collector }) => {
    await tab.goto(site.addPage('/', trackedPage(servers, { variant, twice: true })))
    await tab.evaluate(() => history.pushState(null, '', '/cart'))
    await collector.until(() => collector.pageviews().length >= 2)
    await tab.evaluate(() => window.tracker.track('signup'))
    await collector.until(() => collector.customEvents('signup').length > 0)

    expect(names(collector)).toEqual(['pageview', 'pageview', 'signup'])
  })

  test(`${variant}: counts a URL passed to page once and without its fragment`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    const home = site.addPage('/', trackedPage(servers, { variant }))
    await tab.goto(home)
    await tab.evaluate(() => {
      window.tracker.page('/checkout/step-2#form')
      window.tracker.page('/checkout/step-2#summary')
      window.tracker.page()
    })
    await collector.until(() => collector.pageviews().length >= 3)

    expect(collector.pageviews().map(({ url, referrer }) => ({ url, referrer }))).toEqual([
      { url: home, referrer: '' },
      { url: `${site.url}/checkout/step-2`, referrer: home },
      { url: home, referrer: `${site.url}/checkout/step-2` },
    ])
  })

  test(`${variant}: returns the sent ID from getVisitorId`, async ({ tab, servers, site, collector }) => {
    await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
    await collector.until(() => collector.pageviews().length === 1)

    const id = await tab.evaluate(() => window.tracker.getVisitorId())
    expect(id).toBeTruthy()
    expect(id).toBe(collector.pageviews()[0]!.visitor_id)
  })

  test.describe(`${variant}: a property that the contract does not allow`, () => {
    test.use({ expectedMessages: /^zenovay: basket dropped/ })

    test('drops a property that the contract does not allow, with one warning', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
      await tab.evaluate(() => {
        window.tracker.track('checkout', { basket: { shoes: 1 }, total: 80 })
        window.tracker.track('checkout', { basket: { shoes: 2 }, total: 160 })
      })
      await collector.until(() => collector.customEvents('checkout').length === 2)

      expect(collector.customEvents('checkout').map(({ properties }) => properties)).toEqual([
        { total: 80 },
        { total: 160 },
      ])
      await expect.poll(() => site.messages.map(({ kind }) => kind)).toEqual(['warn'])
    })
  })
}

test('script: sends events queued by the stub in order after the first pageview', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const head = `${STUB}<script>
    zenovay('track', 'first', { position: 1 })
    zenovay.q.push(['track', 'second'])
  </script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { variant: 'script', head })))
  await collector.until(() => collector.customEvents('second').length === 1)
  await tab.evaluate(() => window.zenovay!('track', 'third'))
  await collector.until(() => collector.customEvents('third').length === 1)

  expect(names(collector)).toEqual(['pageview', 'first', 'second', 'third'])
  expect(collector.customEvents('first')[0]!.properties).toEqual({ position: 1 })
})

test('script: counts a page queued by the stub after the first pageview', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const head = `${STUB}<script>zenovay('page', '/virtual')</script>`
  const home = site.addPage('/', trackedPage(servers, { variant: 'script', head }))
  await tab.goto(home)
  await tab.evaluate(() => window.tracker.track('afterwards'))
  await collector.until(() => collector.customEvents('afterwards').length === 1)

  expect(collector.pageviews().map(({ url }) => url)).toEqual([home, `${site.url}/virtual`])
})

test('esm: sends events tracked before init in order after the first pageview', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  // Modules run in order, and both get the same instance of the tracker.
  const head = `<script type="module">
    import { track } from '/index.mjs'
    track('first', { position: 1 })
    track('second')
  </script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { variant: 'esm', head })))
  await collector.until(() => collector.customEvents('second').length === 1)

  expect(names(collector)).toEqual(['pageview', 'first', 'second'])
  expect(collector.customEvents('first')[0]!.properties).toEqual({ position: 1 })
})

test.describe('script: an unknown command', () => {
  test.use({ expectedMessages: /^zenovay: teleport/ })

  test('logs one warning for an unknown command', async ({ tab, servers, site, collector }) => {
    await tab.goto(site.addPage('/', trackedPage(servers, { variant: 'script' })))
    await tab.evaluate(() => {
      window.zenovay!('teleport')
      window.zenovay!('teleport')
      window.zenovay!('track', 'afterwards')
    })
    await collector.until(() => collector.customEvents('afterwards').length === 1)

    expect(names(collector)).toEqual(['pageview', 'afterwards'])
    await expect.poll(() => site.messages.map(({ kind }) => kind)).toEqual(['warn'])
  })
})
