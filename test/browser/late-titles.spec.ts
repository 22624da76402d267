import { setTimeout as sleep } from 'node:timers/promises'
import { ListeningServer } from '../support/listening-server.js'
import { STUB } from '../support/script-tag.js'
import { expect, test as base } from '../support/store-fixtures.js'
import { plainPage, trackedPage, VARIANTS } from '../support/test-pages.js'

// Longer than the limit below, so that a late pageview fails with its delay.
const LATE = { timeout: 10_000 }
/** The time from the request for the script to the second part of a streamed page. */
const STREAM_PAUSE_MS = 300

const TRACK_EARLY = `${STUB}<script>zenovay('track', 'early')</script>`

const test = base.extend<{ streamedPage: string }>({
  /**
   * URL of a page whose title follows after its `async` script has run, as from a server that streams. The page
   * `early` below it also tracks an event before the script has loaded.
   */
  streamedPage: async ({ servers }, use) => {
    const divide = (head: string) =>
      trackedPage(servers, { variant: 'script', loading: 'async', title: '', head })
        .replace('<title></title>', '')
        .split('</head>')
    const pages: Record<string, string[]> = { '/': divide(''), '/early': divide(TRACK_EARLY) }
    const { collector } = servers
    const server = new ListeningServer((request, response) => {
      const [begin, end] = pages[request.url!] ?? []
      if (!begin) return void response.writeHead(404).end()
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).write(begin)
      void collector
        .until(() => collector.requests.some(({ path }) => path === '/z.js'))
        .then(() => sleep(STREAM_PAUSE_MS))
        .then(() => response.end(`<title>Streamed</title></head>${end}`))
    })
    await server.start()
    await use(`http://localhost:${server.port}/`)
    await server.down()
  },
})

for (const variant of VARIANTS)
  test.describe(variant, () => {
    test.beforeEach(async ({ tab, servers, site, collector }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, title: 'Home' })))
      await collector.until(() => collector.pageviews().length === 1)
    })

    test('sends the title of the new page if it is set 300 ms after pushState', async ({
      tab,
      site,
      collector,
    }) => {
      await tab.evaluate(() => {
        // Set first: a busy machine may pause the page between two statements.
        setTimeout(() => void (document.title = 'Cart'), 300)
        history.pushState(null, '', '/cart')
      })
      await collector.until(() => collector.pageviews().length === 2)

      expect(collector.pageviews()[1]).toMatchObject({ url: `${site.url}/cart`, title: 'Cart' })
    })

    test('sends the title of the new page if it is set before pushState', async ({
      tab,
      site,
      collector,
    }) => {
      await tab.evaluate(() => {
        document.title = 'Cart'
        history.pushState(null, '', '/cart')
      })
      await collector.until(() => collector.pageviews().length === 2)

      expect(collector.pageviews()[1]).toMatchObject({ url: `${site.url}/cart`, title: 'Cart' })
    })

    test('sends a pageview within 1.5 s if the title stays the same', async ({ tab, site, collector }) => {
      const at = await tab.evaluate(() => {
        const at = Date.now()
        history.pushState(null, '', '/cart')
        return at
      })
      const find = () => collector.arrivals().find(({ event }) => event.url === `${site.url}/cart`)
      await expect.poll(find, LATE).toBeTruthy()

      const { event, request } = find()!
      expect(event.title).toBe('Home')
      expect(request.at - at).toBeLessThanOrEqual(1_500)
    })
  })

for (const variant of VARIANTS)
  test(`${variant}: stores a pageview exactly once if the page is left 200 ms after pushState, before it has its title`, async ({
    tab,
    servers,
    site,
    store,
  }) => {
    await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
    await expect.poll(() => store.countPageviews()).toEqual({ '/': 1 })
    const next = site.addPage('/next', plainPage(site))
    await tab.evaluate(() => {
      setTimeout(() => void (document.title = 'Cart'), 1_000)
      setTimeout(() => location.assign('/next'), 200)
      history.pushState(null, '', '/cart')
    })
    await expect.poll(() => tab.url()).toBe(next)
    await tab.goto(site.addPage('/last', trackedPage(servers, { variant })))

    await expect.poll(() => store.countPageviews()).toEqual({ '/': 1, '/cart': 1, '/last': 1 })
  })

test('script: sends a title that the browser gets after it has run the script', async ({
  tab,
  streamedPage,
  collector,
}) => {
  await tab.goto(streamedPage)
  await collector.until(() => collector.pageviews().length > 0)

  expect(collector.pageviews()).toMatchObject([{ url: streamedPage, title: 'Streamed' }])
})

test('script: sends calls that the stub queued after the pageview, whose title is late', async ({
  tab,
  streamedPage,
  collector,
}) => {
  await tab.goto(`${streamedPage}early`)
  await collector.until(() => collector.events().length > 1)

  expect(collector.events().map(({ event_name = 'pageview' }) => event_name)).toEqual(['pageview', 'early'])
})
