// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { closePages, openTrackedPage, type PageSetup } from './open-page.js'

const ORIGIN = 'https://shop.example'

let location: URL
let pushed: unknown[][]

beforeEach(() => {
  vi.useFakeTimers()
  location = new URL(`${ORIGIN}/`)
  pushed = []
  const go = (_state: unknown, _title: string, url: string) => {
    if (url.startsWith('//')) throw new DOMException('Another origin.', 'SecurityError')
    location.href = new URL(url, location.href).href
  }
  vi.stubGlobal('history', {
    pushState(...args: Parameters<typeof go>) {
      pushed.push([this, ...args])
      go(...args)
    },
    replaceState: go,
  })
})
afterEach(closePages)

async function open(setup: PageSetup = {}) {
  const page = await openTrackedPage({ location, ...setup })
  return {
    ...page,
    /** Waits until the URL has settled, and for a title that does not change. */
    async settleNavigation() {
      vi.advanceTimersByTime(600)
      await page.settle()
    },
    pageviews: () =>
      page.posts
        .flat()
        .map(({ url, referrer, title }) => ({ path: (url as string).replace(ORIGIN, ''), referrer, title })),
    paths: () => page.posts.flat().map(({ url }) => (url as string).replace(ORIGIN, '')),
  }
}

test('counts a page load as one pageview with its referrer and without its fragment', async () => {
  location.href = `${ORIGIN}/shoes?size=43#reviews`
  vi.spyOn(document, 'referrer', 'get').mockReturnValue('https://search.example/')
  const page = await open()
  page.fire('pageshow')
  await page.settleNavigation()

  expect(page.pageviews()).toEqual([
    { path: '/shoes?size=43', referrer: 'https://search.example/', title: 'Shoes' },
  ])
})

test('counts pushState as a pageview with the updated title and the previous page as referrer', async () => {
  const page = await open()
  history.pushState({ step: 1 }, '', '/cart')
  vi.advanceTimersByTime(99)
  await page.settle()
  document.title = 'Cart'
  expect(page.paths()).toEqual(['/'])
  await page.settleNavigation()

  expect(page.pageviews().at(-1)).toEqual({ path: '/cart', referrer: `${ORIGIN}/`, title: 'Cart' })
  expect(pushed).toEqual([[history, { step: 1 }, '', '/cart']])
})

test('counts replaceState and popstate as pageviews', async () => {
  const page = await open()
  history.replaceState(null, '', '/login')
  await page.settleNavigation()
  location.href = `${ORIGIN}/back`
  page.fire('popstate')
  await page.settleNavigation()

  expect(page.paths()).toEqual(['/', '/login', '/back'])
})

test('counts a client-side redirect as one pageview', async () => {
  const page = await open()
  history.pushState(null, '', '/account')
  history.replaceState(null, '', '/login')
  await page.settleNavigation()

  expect(page.paths()).toEqual(['/', '/login'])
})

test('ignores a navigation to the same URL or to another fragment', async () => {
  const page = await open()
  history.pushState(null, '', '/')
  await page.settleNavigation()
  history.pushState(null, '', '#reviews')
  await page.settleNavigation()

  expect(page.paths()).toEqual(['/'])
})

test('passes an error from pushState to its caller', async () => {
  const page = await open()
  expect(() => history.pushState(null, '', '//elsewhere.example/')).toThrow('Another origin.')
  await page.settleNavigation()

  expect(page.paths()).toEqual(['/'])
})

test('counts a page restored from the back/forward cache as a new pageview', async () => {
  const page = await open()
  page.fire('pagehide', { persisted: true })
  // All engines: pagehide, hidden, and on return visible, pageshow.
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
  page.fire('visibilitychange')
  hidden.mockReturnValue(false)
  page.fire('visibilitychange')
  page.fire('pageshow', { persisted: true })
  await page.settleNavigation()

  expect(new Set(page.posts.flat().map(({ event_id }) => event_id)).size).toBe(2)
  expect(new Set(page.paths())).toEqual(new Set(['/']))
})

test('does not count a page again when it is hidden and shown', async () => {
  const page = await open()
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
  page.fire('visibilitychange')
  hidden.mockReturnValue(false)
  page.fire('visibilitychange')
  await page.settleNavigation()

  expect(new Set(page.posts.flat().map(({ event_id }) => event_id)).size).toBe(1)
})

test('counts each query string change as one pageview', async () => {
  const page = await open()
  for (const size of [41, 42, 42, 43]) {
    history.pushState(null, '', `/?size=${size}`)
    await page.settleNavigation()
  }

  expect(page.paths()).toEqual(['/', '/?size=41', '/?size=42', '/?size=43'])
})

test('counts a fragment change as a pageview if data-hash is "true"', async () => {
  const page = await open({ dataset: { hash: 'true' } })
  location.hash = '#/cart'
  page.fire('popstate')
  await page.settleNavigation()
  history.pushState(null, '', '#/cart')
  await page.settleNavigation()

  expect(page.pageviews().map(({ path, referrer }) => [path, referrer])).toEqual([
    ['/', ''],
    ['/#/cart', `${ORIGIN}/`],
  ])
})

test('keeps the name, length and properties of wrapped functions and calls earlier wrappers', async () => {
  const calls: unknown[] = []
  const theirs = Object.assign(
    function pushState(_state: unknown, _title: string, url: string) {
      calls.push(url)
      return 'theirs'
    },
    { __patched: true },
  )
  history.pushState = theirs
  await open()
  const ours = history.pushState as unknown as typeof theirs
  history.pushState = (...args: Parameters<typeof theirs>) => ours(...args)

  expect(history.pushState(null, '', '/cart')).toBe('theirs')
  expect(calls).toEqual(['/cart'])
  expect([ours.name, ours.length, ours.__patched]).toEqual(['pushState', 3, true])
})

test('sends nothing from a prerendered page until it is shown', async () => {
  const prerendering = Object.assign(document, { prerendering: true })
  const page = await open()
  page.track('early')
  await page.settle()
  vi.advanceTimersByTime(5_000)
  await page.settle()
  expect(page.posts).toEqual([])
  expect(page.outboxKeys()).toEqual([])

  prerendering.prerendering = false
  page.fire('prerenderingchange')
  await page.settle()
  expect(page.posts.map((events) => events.map(({ event_name = 'pageview' }) => event_name))).toEqual([
    ['pageview', 'early'],
  ])
  expect(page.posts[0]![0]).not.toHaveProperty('retry')
})

test('sends pageviews only for the page command if data-auto is "false"', async () => {
  const page = await open({ dataset: { auto: 'false' } })
  history.pushState(null, '', '/cart')
  await page.settleNavigation()
  page.fire('pageshow', { persisted: true })
  await page.settleNavigation()
  expect(page.paths()).toEqual([])

  page.run('page')
  page.run('page')
  page.run('page', '/virtual?step=2#end')
  await page.settle()
  expect(page.pageviews().map(({ path, referrer }) => [path, referrer])).toEqual([
    ['/cart', ''],
    ['/virtual?step=2', `${ORIGIN}/cart`],
  ])
})

test('does not throw on about:srcdoc', async () => {
  location = new URL('about:srcdoc')
  await expect(open()).resolves.toBeDefined()
})
