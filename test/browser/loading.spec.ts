import { expect, test } from '../support/browser-fixtures.js'
import { readArtefacts } from '../support/read-artefacts.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import { LOADINGS, STUB } from '../support/script-tag.js'
import type { Tab } from '../support/tab.js'
import { plainPage, trackedPage, TRACKING_CODE, VARIANTS } from '../support/test-pages.js'

const SCRIPT = readArtefacts('z.js').get('/z.js')!

// `tracker` is set by the page of the test, the others by Playwright.
const OF_THE_TEST = /^(tracker$|__pw)/

/** Everything the page has sent, up to a final event sent after it was counted. */
async function sentUntilEnd(tab: Tab, collector: RecordingCollector): Promise<string[]> {
  await collector.until(() => collector.pageviews().length > 0)
  await tab.evaluate(() => window.tracker.track('end'))
  await collector.until(() => collector.customEvents('end').length > 0)
  return collector.events().map(({ event_name = 'pageview' }) => event_name)
}

function globals(tab: Tab): Promise<string[]> {
  return tab.evaluate(() => Object.getOwnPropertyNames(window))
}

for (const variant of VARIANTS)
  for (const loading of variant === 'script' ? LOADINGS : (['module'] as const))
    test(`${variant}, ${loading}: counts a page once and adds no unexpected globals`, async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      await tab.goto(site.addPage('/plain', plainPage(site)))
      const before = await globals(tab)
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, loading })))

      expect(await sentUntilEnd(tab, collector)).toEqual(['pageview', 'end'])
      const added = (await globals(tab)).filter((name) => !before.includes(name) && !OF_THE_TEST.test(name))
      expect(added).toEqual(variant === 'script' ? ['zenovay'] : [])
    })

test('script, late: sends events queued by the stub in order after the first pageview', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const head = `${STUB}<script>
    zenovay('track', 'first', { position: 1 })
    zenovay.q.push(['track', 'second'])
    zenovay('page', '/virtual')
    addEventListener('load', () => zenovay('track', 'third'))
  </script>`
  const home = site.addPage('/', trackedPage(servers, { variant: 'script', loading: 'late', head }))
  await tab.goto(home)
  await collector.until(() => collector.customEvents('third').length > 0)

  expect(await sentUntilEnd(tab, collector)).toEqual([
    'pageview',
    'first',
    'second',
    'pageview',
    'third',
    'end',
  ])
  expect(collector.customEvents('first')[0]!.properties).toEqual({ position: 1 })
  expect(collector.pageviews().map(({ url }) => url)).toEqual([home, `${site.url}/virtual`])
})

test('script: counts each pageview once if a tag and another script both load it', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const tag = `<script defer data-tracking-code="${TRACKING_CODE}" data-allow-localhost="true" src="${collector.url}/z.js"></script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { variant: 'script', loading: 'late', head: tag })))
  await collector.until(
    () =>
      collector.requests.filter(({ path }) => path === '/z.js').length === 2 ||
      collector.pageviews().length > 1,
  )
  await tab.evaluate(() => history.pushState(null, '', '/cart'))
  await collector.until(() => collector.pageviews().length > 1)

  expect(await sentUntilEnd(tab, collector)).toEqual(['pageview', 'pageview', 'end'])
})

test.describe('script, loaded by a tag manager that drops its attributes', () => {
  // The pages of the tests are local. `allowLocalhost` is no documented name of the configuration, but every
  // option is read from it.
  const HERE = { allowLocalhost: 'true' }
  const BARE = { variant: 'script', loading: 'injected', code: null, allowLocalhost: false } as const

  test('uses the configuration that the page defines', async ({ tab, servers, site, collector }) => {
    // From the site, as a tag manager serves it: the configuration contains the URL of the collector.
    const src = site.addPage('/container.js', SCRIPT.toString(), { 'content-type': 'text/javascript' })
    const config = { trackingCode: TRACKING_CODE, apiUrl: collector.url, cookielessMode: true, ...HERE }
    await tab.goto(site.addPage('/', trackedPage(servers, { ...BARE, src, config })))

    expect(await sentUntilEnd(tab, collector)).toEqual(['pageview', 'end'])
    expect(collector.pageviews()[0]).toMatchObject({ cookieless: true })
    expect(await tab.evaluate(() => Object.keys(localStorage))).toEqual([])
  })

  test('uses the origin of the script if the configuration contains no URL', async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    await tab.goto(
      site.addPage('/', trackedPage(servers, { ...BARE, config: { trackingCode: TRACKING_CODE, ...HERE } })),
    )

    expect(await sentUntilEnd(tab, collector)).toEqual(['pageview', 'end'])
    expect(collector.pageviews()[0]!.visitor_id).toBeTruthy()
  })

  test('prefers script tag attributes to the configuration', async ({ tab, servers, site, collector }) => {
    const config = { trackingCode: 'ZV_Elsewhere1', apiUrl: `${site.url}/elsewhere`, cookielessMode: true }
    await tab.goto(
      site.addPage(
        '/',
        trackedPage(servers, { variant: 'script', config, apiUrl: collector.url, cookieless: false }),
      ),
    )

    expect(await sentUntilEnd(tab, collector)).toEqual(['pageview', 'end'])
    expect(collector.posts().map(({ path }) => path)).toEqual(Array(2).fill(`/e/${TRACKING_CODE}`))
    expect(collector.pageviews()[0]).not.toHaveProperty('cookieless')
  })
})
