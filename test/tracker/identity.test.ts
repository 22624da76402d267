// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answer, closePages, openTrackedPage, type PageSetup } from './open-page.js'

const MINUTE_MS = 60_000

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) })
})
afterEach(closePages)

/** Opens a page; `readIds` sends an event from it and returns the event's ids. */
async function open(setup: PageSetup = {}) {
  const page = await openTrackedPage({
    isNewVisitor: true,
    ...setup,
    dataset: { auto: 'false', ...setup.dataset },
  })
  const readIds = async () => {
    page.track('read')
    await page.settleNewVisitor()
    const { visitor_id, session_id } = page.posts.at(-1)!.at(-1)!
    return { visitor_id, session_id }
  }
  return { ...page, readIds }
}

test('shares the visitor and session between two tabs', async () => {
  const first = await open()
  const second = await open()
  const ids = await first.readIds()

  expect(await second.readIds()).toEqual(ids)
  expect(await first.readIds()).toEqual(ids)
  expect(ids.visitor_id).not.toBe(ids.session_id)
})

test('ends a session after 30 minutes without an event in any tab', async () => {
  const first = await open()
  const second = await open()
  const ids = await first.readIds()
  vi.setSystemTime(Date.now() + 29 * MINUTE_MS)
  expect(await second.readIds()).toEqual(ids)
  vi.setSystemTime(Date.now() + 29 * MINUTE_MS)
  expect(await first.readIds(), '29 minutes after the event of the other tab').toEqual(ids)
  vi.setSystemTime(Date.now() + 31 * MINUTE_MS)
  const next = await second.readIds()

  expect(next.session_id).not.toBe(ids.session_id)
  expect(next.visitor_id).toBe(ids.visitor_id)
  expect(await first.readIds()).toEqual(next)
})

test('generates random IDs of 128 bits', async () => {
  const ids = [await (await open()).readIds()]
  localStorage.clear()
  ids.push(await (await open()).readIds())

  const values = ids.flatMap(({ visitor_id, session_id }) => [visitor_id, session_id])
  expect(new Set(values).size).toBe(4)
  for (const value of values) expect(value).toMatch(/^[\da-z]{16,28}$/)
})

test('stores all state under a single key', async () => {
  const page = await open({ answers: [answer(200)] })
  await page.readIds()
  await page.settle()

  expect(Object.keys(localStorage)).toEqual(['zenovay'])
})

test('returns the sent visitor ID from getVisitorId', async () => {
  const page = await open()

  expect(page.run('getVisitorId')).toBe((await page.readIds()).visitor_id)
})

for (const [name, storage] of [
  [
    'throws on every access',
    () =>
      vi.stubGlobal(
        'localStorage',
        new Proxy({}, { get: fail, set: fail, deleteProperty: fail, ownKeys: fail }),
      ),
  ],
  ['is null', () => vi.stubGlobal('localStorage', null)],
  ['is full', () => vi.stubGlobal('localStorage', new Proxy({}, { set: fail }))],
] as const)
  test(`keeps IDs in memory if storage ${name}`, async () => {
    storage()
    const page = await open()
    const ids = await page.readIds()

    expect(ids.visitor_id).toBeTruthy()
    expect(await page.readIds()).toEqual(ids)
    vi.setSystemTime(Date.now() + 31 * MINUTE_MS)
    expect((await page.readIds()).session_id).not.toBe(ids.session_id)
  })

function fail(): never {
  throw new DOMException('The operation is insecure.', 'SecurityError')
}

test('replaces a value that another script stored under its key', async () => {
  localStorage.setItem('zenovay', '{"not":"ours"}')
  const page = await open()
  const ids = await page.readIds()

  expect(ids.session_id).toMatch(/^[\da-z]+$/)
  expect(await page.readIds()).toEqual(ids)
})

for (const [name, setup] of [
  ['a cookieless tag', { dataset: { cookieless: 'true' } }],
  ['Global Privacy Control', { navigator: { globalPrivacyControl: true } }],
  ['Do Not Track', { navigator: { doNotTrack: '1' } }],
] as const)
  test(`sends no visitor ID and stores nothing with ${name}`, async () => {
    const first = await open(setup)
    const ids = await first.readIds()
    const second = await open(setup)

    expect(ids.visitor_id).toBeUndefined()
    expect(first.run('getVisitorId')).toBeUndefined()
    expect(await first.readIds(), 'one session per page load').toEqual(ids)
    expect((await second.readIds()).session_id).not.toBe(ids.session_id)
    expect(first.posts.at(-1)!.at(-1)).toMatchObject({ cookieless: true, gpc: name !== 'a cookieless tag' })
    expect(localStorage).toHaveLength(0)
  })

test('omits the privacy fields if no privacy signal is set', async () => {
  const page = await open({ navigator: { doNotTrack: 'unspecified', globalPrivacyControl: false } })
  await page.readIds()

  expect(page.posts[0]![0]).not.toHaveProperty('cookieless')
  expect(page.posts[0]![0]).not.toHaveProperty('gpc')
})

test('waits 100 ms before the first event of a new visitor and adopts the IDs of another tab', async () => {
  const page = await openTrackedPage({ isNewVisitor: true, dataset: { auto: 'false' } })
  page.track('first')
  await vi.advanceTimersByTimeAsync(50)
  expect(page.posts).toEqual([])
  localStorage['zenovay'] = `,,${Date.now()},other-visitor,other-session`
  await vi.advanceTimersByTimeAsync(50)

  expect(page.posts).toMatchObject([[{ visitor_id: 'other-visitor', session_id: 'other-session' }]])
})

test('sends the first event of a new visitor at once if the page is left', async () => {
  const page = await openTrackedPage({ isNewVisitor: true, dataset: { auto: 'false' } })
  page.track('first')
  await page.settle()
  page.fire('pagehide')

  expect(page.beacons).toMatchObject([[{ event_name: 'first' }]])
})
