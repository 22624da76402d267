import { expect, test } from '../support/browser-fixtures.js'
import { plainPage, trackedPage, VARIANTS } from '../support/test-pages.js'

declare global {
  interface Window {
    /** The calls of each wrapper. */
    patchCalls: string[]
    patchHistory: (name: string) => void
  }
}

/** Wraps pushState as other scripts do, with a mark by which they recognize their own wrapper. */
const PATCH = `<script>
  window.patchCalls = []
  window.patchHistory = (name) => {
    const before = history.pushState
    history.pushState = Object.assign(function pushState(state, title, url) {
      patchCalls.push(name + ' ' + url)
      return before.apply(this, arguments)
    }, { ['by_' + name]: true })
  }
  patchHistory('early')
</script>`

for (const variant of VARIANTS) {
  test(`${variant}: calls each wrapper once, whether it was added before or after the tracker's wrapper`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    await tab.goto(site.addPage('/', trackedPage(servers, { variant, head: PATCH })))
    await collector.until(() => collector.pageviews().length === 1)
    const calls = await tab.evaluate(() => {
      window.patchHistory('late')
      history.pushState(null, '', '/cart')
      return window.patchCalls
    })
    await collector.until(() => collector.pageviews().length === 2)

    expect(calls).toEqual(['late /cart', 'early /cart'])
    expect(collector.pageviews()[1]!.url).toBe(`${site.url}/cart`)
  })

  test(`${variant}: keeps the custom properties, name and length of the page's history functions`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    // Runs in the page.
    const describeHistory = () =>
      (['pushState', 'replaceState'] as const).map((method) => {
        const { name, length } = history[method]
        return { name, length, marks: Object.keys(history[method]) }
      })
    await tab.goto(site.addPage('/plain', plainPage(site, { head: PATCH })))
    const before = await tab.evaluate(describeHistory)
    await tab.goto(site.addPage('/', trackedPage(servers, { variant, head: PATCH })))
    await collector.until(() => collector.pageviews().length === 1)

    expect(await tab.evaluate(describeHistory)).toEqual(before)
    expect(before[0]).toEqual({ name: 'pushState', length: 3, marks: ['by_early'] })
  })

  test(`${variant}: keeps counting navigations when another script removes its own wrapper`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    await tab.goto(site.addPage('/', trackedPage(servers, { variant, head: PATCH })))
    await collector.until(() => collector.pageviews().length === 1)
    await tab.evaluate(() => {
      const ours = history.pushState
      window.patchHistory('late')
      history.pushState = ours
      history.pushState(null, '', '/cart')
    })
    await collector.until(() => collector.pageviews().length === 2)

    expect(collector.pageviews()[1]!.url).toBe(`${site.url}/cart`)
  })
}
