// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { isLocalPage } from '../../src/tracker/is-local-page.js'
import { closePages, openTrackedPage } from './open-page.js'

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
  test(`${url} is this machine`, () => {
    vi.stubGlobal('location', new URL(url))
    expect(isLocalPage()).toBe(true)
  })

for (const url of PUBLIC)
  test(`${url} is elsewhere`, () => {
    vi.stubGlobal('location', new URL(url))
    expect(isLocalPage()).toBe(false)
  })

test('a page of this machine sends only when the tag allows it', async () => {
  const location = new URL('http://localhost:3000/')
  const silent = await openTrackedPage({ location })
  silent.fire('pagehide')
  expect([silent.posts, silent.beacons, silent.outboxKeys()]).toEqual([[], [], []])

  const allowed = await openTrackedPage({ location, dataset: { allowLocalhost: 'true' } })
  expect(allowed.posts).toHaveLength(1)
})

test('a browser that is driven sends nothing, also from this machine', async () => {
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
