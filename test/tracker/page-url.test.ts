// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { isLocalPage } from '../../src/tracker/page-url.js'
import { closePages, openTrackedPage } from './open-page.js'

const ORIGIN = 'https://shop.example'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(closePages)

const LOCAL = [
  'http://localhost/',
  'http://localhost:3000/',
  'http://shop.localhost/',
  'http://nas.local/',
  'http://127.0.0.1/',
  'http://127.9.9.9:8080/',
  'http://[::1]:3000/',
  'file:///home/me/index.html',
]
const PUBLIC = [
  'https://shop.example/',
  'https://localhost.example/',
  'https://local.example/',
  'https://mylocalhost/',
  'https://shop-local/',
  'https://127.example/',
  'https://128.0.0.1/',
  'http://[2001:db8::1]/',
  'http://10.127.0.1/',
]

for (const url of LOCAL)
  test(`treats ${url} as local`, () => {
    vi.stubGlobal('location', new URL(url))
    expect(isLocalPage()).toBe(true)
  })

for (const url of PUBLIC)
  test(`does not treat ${url} as local`, () => {
    vi.stubGlobal('location', new URL(url))
    expect(isLocalPage()).toBe(false)
  })

test('sends nothing from a local page unless the script tag allows it', async () => {
  const location = new URL('http://localhost:3000/')
  const silent = await openTrackedPage({ location })
  silent.fire('pagehide')
  expect([silent.posts, silent.beacons, silent.outboxKeys()]).toEqual([[], [], []])

  const allowed = await openTrackedPage({ location, dataset: { allowLocalhost: 'true' } })
  expect(allowed.posts).toHaveLength(1)
})

test('sends nothing from an automated browser, even if local pages are allowed', async () => {
  const page = await openTrackedPage({
    navigator: { webdriver: true },
    location: new URL('http://localhost/'),
    dataset: { allowLocalhost: 'true' },
  })
  page.track('signup')
  await page.settle()
  page.fire('pagehide')

  expect([page.posts, page.beacons, page.outboxKeys()]).toEqual([[], [], []])
})

/** Returns the events of pageviews at these paths. */
async function visit(dataset: Record<string, string>, ...paths: string[]) {
  const location = new URL(ORIGIN)
  const page = await openTrackedPage({ location, dataset: { auto: 'false', ...dataset } })
  for (const path of paths) {
    location.href = ORIGIN + path
    page.run('page')
  }
  await page.settle()
  return page.posts.flat()
}

describe.each([
  [
    '/admin',
    ['/admin', '/admin?tab=1', '/admin#users'],
    ['/', '/admin/', '/admin/users', '/administration', '/en/admin'],
  ],
  ['/admin/*', ['/admin/users', '/admin/'], ['/admin', '/admin/users/5']],
  ['/admin/**', ['/admin/users', '/admin/users/5/edit'], ['/admin', '/administration/users']],
  ['/*/edit', ['/users/edit', '/users/edit?id=5'], ['/edit', '/users/5/edit']],
  ['/**/edit', ['/users/5/edit', '/users/edit'], ['/users/5']],
  ['/a, /b/*,/c', ['/a', '/b/1', '/c'], ['/b', '/d', '/']],
  ['/price(eur).html', ['/price(eur).html'], ['/priceeur.html', '/price(eur)xhtml']],
  ['/c++/[new]?', [], ['/c', '/c++/new']],
  ['', [], ['/', '/admin']],
])('data-exclude="%s"', (exclude, excluded, counted) => {
  test.each(excluded)('excludes the path %s', async (path) => {
    expect(await visit({ exclude }, path)).toEqual([])
  })

  test.each(counted)('counts the path %s', async (path) => {
    expect(await visit({ exclude }, path)).toHaveLength(1)
  })
})

test('excludes matching routes of an application with hash routing', async () => {
  const events = await visit({ exclude: '/#/admin/**', hash: 'true' }, '/#/admin/users', '/#/shop')

  expect(events.map(({ url }) => url)).toEqual([`${ORIGIN}/#/shop`])
})

test('sends no custom event from an excluded page and does not use it as the referrer', async () => {
  const location = new URL(`${ORIGIN}/admin/users`)
  const page = await openTrackedPage({ location, dataset: { exclude: '/admin/**' } })
  page.track('secret')
  location.href = `${ORIGIN}/shop`
  page.run('page')
  await page.settle()

  expect(page.posts.flat()).toMatchObject([{ url: `${ORIGIN}/shop`, referrer: '' }])
})

test('keeps the referrer if the excluded path is on another site', async () => {
  vi.spyOn(document, 'referrer', 'get').mockReturnValue('https://news.example/admin/users')
  const [event] = await visit({ exclude: '/admin/**' }, '/shop')

  expect(event!['referrer']).toBe('https://news.example/admin/users')
})
