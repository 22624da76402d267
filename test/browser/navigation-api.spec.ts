import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import type { Tab } from '../support/tab.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

// The library of TypeScript 5 has no types of the Navigation API.
interface HasNavigation {
  navigation: { navigate(url: string): void }
}

interface Way {
  way: string
  act: (tab: Tab) => Promise<void>
  counted: string
}

const COUNTED = { timeout: 10_000 }
const LINKS = '<a id="link" href="/a">A</a> <a id="pushing" href="/d">D</a>'

/** Shows every page of the site without a new document. */
const ROUTER = `<script>
  window.navigation?.addEventListener('navigate', (event) => {
    const { canIntercept, hashChange, destination } = event
    // The replaceState below is a navigation, too.
    if (!canIntercept || hashChange || destination.url === location.href) return
    event.intercept({
      async handler() {
        document.title = new URL(destination.url).pathname
        if (location.pathname === '/d') history.replaceState({ shown: true }, '')
      },
    })
  })
  addEventListener('click', (event) => {
    if (event.target.id !== 'pushing') return
    event.preventDefault()
    history.pushState(null, '', event.target.href)
  })
</script>`

const WAYS: Way[] = [
  { way: 'a click on a link', act: (tab) => tab.click('#link'), counted: '/a' },
  {
    way: 'navigation.navigate()',
    act: (tab) => tab.evaluate(() => void (window as unknown as HasNavigation).navigation.navigate('/b')),
    counted: '/b',
  },
  {
    way: 'location.href',
    act: (tab) => tab.evaluate(() => void (location.href = '/c')),
    counted: '/c',
  },
  {
    way: 'a router that also calls pushState and replaceState',
    act: (tab) => tab.click('#pushing'),
    counted: '/d',
  },
]

for (const variant of VARIANTS)
  test.describe(variant, () => {
    test.beforeEach(async ({ tab, servers, site, collector }) => {
      const page = trackedPage(servers, { variant, title: 'Home', head: ROUTER, body: LINKS })
      await tab.goto(site.addPage('/', page))
      await collector.until(() => collector.pageviews().length === 1)
      test.skip(
        await tab.evaluate(() => !('navigation' in window)),
        'this version of the engine has no Navigation API',
      )
    })

    /** By the time that one more page has settled, so has the page before it. */
    const expectCounted = async (tab: Tab, collector: RecordingCollector, counted: string[]) => {
      await expect.poll(() => collector.visitedPaths(), COUNTED).toEqual(counted)
      await tab.evaluate(() => history.pushState(null, '', '/end'))
      await collector.until(() => collector.visitedPaths().includes('/end'))
      expect(collector.visitedPaths()).toEqual([...counted, '/end'])
    }

    for (const { way, act, counted } of WAYS)
      test(`counts a page shown by ${way} once, with its own URL`, async ({ tab, collector }) => {
        await act(tab)

        await expectCounted(tab, collector, ['/', counted])
      })

    test('counts a page shown by history.back() once, with its own URL', async ({ tab, collector }) => {
      await tab.evaluate(() => history.pushState(null, '', '/a'))
      await collector.until(() => collector.pageviews().length === 2)
      await tab.evaluate(() => history.back())

      await expectCounted(tab, collector, ['/', '/a', '/'])
    })
  })
