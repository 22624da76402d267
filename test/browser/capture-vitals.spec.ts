import { setTimeout as sleep } from 'node:timers/promises'
import type { IngestEvent } from '../../src/contract/wire.js'
import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import { plainPage, trackedPage } from '../support/test-pages.js'

const VITALS = { variant: 'script', capture: 'vitals' } as const
const BODY = `<h1 id="hero">A large heading that is the largest paint</h1><p id="below">Below</p>
  <button id="grow">Grow</button><a id="leave" href="/next">Leave</a>
  <script>
    document.querySelector('#grow').addEventListener('click', () => {
      const end = performance.now() + 80
      while (performance.now() < end);
      document.querySelector('#grow').textContent = 'Grown'
    })
  </script>`

/** Every event of vitals, and of those with the same navigation the newest, as reports take them. */
const rows = (collector: RecordingCollector): IngestEvent[] => {
  const events = collector.events().filter(({ event_type }) => event_type === 'performance')
  return [
    ...new Map(
      events.map((event) => [`${event.properties!['view']} ${event.properties!['nav']}`, event]),
    ).values(),
  ]
}

const isLoaded = (collector: RecordingCollector) =>
  collector.requests.some(({ path }) => path === '/vitals.js')

test('sends one event of the page when it is left', async ({
  tab,
  servers,
  site,
  collector,
  browserName,
}) => {
  site.addPage('/next', plainPage(site))
  await tab.goto(site.addPage('/', trackedPage(servers, { ...VITALS, body: BODY })))
  await collector.until(() => isLoaded(collector))
  await sleep(500)
  await tab.click('#grow')
  await sleep(300)
  await tab.click('#leave')
  await collector.until(() => rows(collector).length > 0)

  const [event] = rows(collector)
  const properties = event!.properties!
  expect(event!.url).toBe(`${site.url}/`)
  expect(properties).toMatchObject({
    navigation_type: 'navigate',
    view: collector.pageviews()[0]!.event_id,
    nav: 0,
    ttfb_rating: 'good',
  })
  expect(event).toMatchObject({
    visitor_id: collector.pageviews()[0]!.visitor_id,
    session_id: collector.pageviews()[0]!.session_id,
  })
  expect(properties['fcp']).toBeGreaterThan(0)
  if (browserName !== 'chromium') return
  expect(properties['lcp']).toBeGreaterThan(0)
  expect(properties['cls']).toBe(0)
  expect(properties['inp']).toBeGreaterThanOrEqual(80)
  expect(properties).not.toHaveProperty('lcp_element')
})

test.describe('in Chromium', () => {
  test.skip(({ browserName }) => browserName !== 'chromium', 'only Chromium measures all of them')

  test('measures what its own entries say, and names the elements if the page asks', async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    site.addPage('/next', plainPage(site))
    const body = `${BODY}<script>
      addEventListener('load', () => setTimeout(() => {
        const box = document.createElement('div')
        box.style.height = '200px'
        document.querySelector('#hero').after(box)
      }, 100))
    </script>`
    const html = trackedPage(servers, { ...VITALS, body }).replace(
      'data-capture=',
      'data-vitals-elements data-capture=',
    )
    expect(html).toContain('data-vitals-elements')
    await tab.goto(site.addPage('/', html))
    await collector.until(() => isLoaded(collector))
    await sleep(800)
    const own = await tab.evaluate(
      () =>
        new Promise<{ lcp: number; cls: number }>((resolve) => {
          const found = { lcp: 0, cls: 0 }
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) found.lcp = entry.startTime
          }).observe({ type: 'largest-contentful-paint', buffered: true })
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) found.cls += (entry as unknown as { value: number }).value
          }).observe({ type: 'layout-shift', buffered: true })
          setTimeout(() => resolve(found), 200)
        }),
    )
    await tab.click('#leave')
    await collector.until(() => rows(collector).length > 0)

    const properties = rows(collector)[0]!.properties!
    expect(properties['lcp']).toBeCloseTo(own.lcp, 1)
    expect(own.cls).toBeGreaterThan(0)
    expect(properties['cls']).toBeCloseTo(own.cls, 4)
    expect(properties['lcp_element']).toBe('h1#hero')
    expect(properties['cls_element']).toBe('p#below')
  })

  test('sends one row for each route, with its URL and pageview', async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    site.addPage('/next', plainPage(site))
    const body = `<main id="app"><h1>Home</h1></main>
      <button id="one">One</button><button id="two">Two</button><a id="leave" href="/next">Leave</a>
      <script>
        for (const name of ['one', 'two'])
          document.querySelector('#' + name).addEventListener('click', () => {
            history.pushState(0, '', '/' + name)
            document.title = name
            document.querySelector('#app').innerHTML = '<h1>Route ' + name + '</h1><p>' + 'words '.repeat(300) + '</p>'
          })
      </script>`
    await tab.goto(site.addPage('/', trackedPage(servers, { ...VITALS, body })))
    await collector.until(() => isLoaded(collector))
    await sleep(500)
    for (const name of ['#one', '#two']) {
      await tab.click(name)
      await sleep(1_500)
    }
    await tab.click('#leave')
    const supported = await collector
      .until(() => rows(collector).length > 0)
      .then(() => rows(collector).length > 1)
    test.skip(!supported, 'this Chromium has no soft navigations')
    await collector.until(() => rows(collector).length > 2)

    const views = Object.fromEntries(collector.pageviews().map(({ url, event_id }) => [url, event_id]))
    expect(
      rows(collector)
        .map(({ url, properties }) => [
          url,
          properties!['navigation_type'],
          properties!['view'],
          properties!['nav'],
        ])
        .toSorted((a, b) => Number(a[3]) - Number(b[3])),
    ).toEqual([
      [`${site.url}/`, 'navigate', views[`${site.url}/`], 0],
      [`${site.url}/one`, 'soft-navigation', views[`${site.url}/one`], 1],
      [`${site.url}/two`, 'soft-navigation', views[`${site.url}/two`], 2],
    ])
    expect(rows(collector).map(({ properties }) => 'ttfb' in properties!)).toEqual([true, false, false])
  })

  test('sends a value again only if it has changed, for the same row', async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    await tab.goto(site.addPage('/', trackedPage(servers, { ...VITALS, body: BODY })))
    await collector.until(() => isLoaded(collector))
    await sleep(500)
    await tab.evaluate(async () => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      for (let round = 0; round < 5; round++)
        for (const state of ['hidden', 'visible']) {
          // Tabs of a driven browser are never hidden.
          Object.defineProperty(document, 'visibilityState', { configurable: true, value: state })
          Object.defineProperty(document, 'hidden', { configurable: true, value: state === 'hidden' })
          document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
          await wait(100)
        }
    })
    await collector.until(() => rows(collector).length > 0)
    await sleep(200)

    expect(rows(collector)).toHaveLength(1)
    expect(collector.events().filter(({ event_type }) => event_type === 'performance')).toHaveLength(1)
  })

  test('sends nothing of what was measured before reset', async ({ tab, servers, site, collector }) => {
    site.addPage('/next', plainPage(site))
    await tab.goto(site.addPage('/', trackedPage(servers, { ...VITALS, body: BODY })))
    await collector.until(() => isLoaded(collector))
    await sleep(500)
    await tab.evaluate(() => window.tracker.reset())
    await tab.click('#grow')
    await sleep(300)
    await tab.click('#leave')
    await sleep(500)

    expect(rows(collector)).toEqual([])
  })
})
