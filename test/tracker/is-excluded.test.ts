// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { closePages, openTrackedPage } from './open-page.js'

const ORIGIN = 'https://shop.example'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(closePages)

/** Paths of what is sent of pages at these addresses. */
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
  test.each(excluded)('excludes %s', async (path) => {
    expect(await visit({ exclude }, path)).toEqual([])
  })

  test.each(counted)('counts %s', async (path) => {
    expect(await visit({ exclude }, path)).toHaveLength(1)
  })
})

test('routes of a hash-routed application can be excluded', async () => {
  const events = await visit({ exclude: '/#/admin/**', hash: 'true' }, '/#/admin/users', '/#/shop')

  expect(events.map(({ url }) => url)).toEqual([`${ORIGIN}/#/shop`])
})

test('an excluded page is named by no referrer, and sends no custom event', async () => {
  const location = new URL(`${ORIGIN}/admin/users`)
  const page = await openTrackedPage({ location, dataset: { exclude: '/admin/**' } })
  page.track('secret')
  location.href = `${ORIGIN}/shop`
  page.run('page')
  await page.settle()

  expect(page.posts.flat()).toMatchObject([{ url: `${ORIGIN}/shop`, referrer: '' }])
})

test('the same path of another site stays a referrer', async () => {
  vi.spyOn(document, 'referrer', 'get').mockReturnValue('https://news.example/admin/users')
  const [event] = await visit({ exclude: '/admin/**' }, '/shop')

  expect(event!['referrer']).toBe('https://news.example/admin/users')
})
