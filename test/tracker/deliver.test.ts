// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answer, closePages, openTrackedPage, type PageSetup } from './open-page.js'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const URL_OF_COLLECTOR = 'https://collector.example/e/ZV_UnitTest1'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) })
})
afterEach(closePages)

/** Opens a page without automatic pageviews. */
async function open(setup: PageSetup = {}) {
  const page = await openTrackedPage({ ...setup, dataset: { auto: 'false', ...setup.dataset } })
  return {
    ...page,
    async trackNow(...names: string[]) {
      for (const name of names) page.track(name)
      await page.settle()
    },
    async wait(ms: number) {
      await vi.advanceTimersByTimeAsync(ms)
      await page.settle()
    },
    names: () => page.posts.map((events) => events.map(({ event_name }) => event_name)),
  }
}

test('sends the events of one task in a single keepalive POST request with a text body', async () => {
  const page = await open({ dataset: { apiUrl: 'https://shop.example/stats/' } })
  page.track('first')
  page.track('second')
  expect(page.fetch).not.toHaveBeenCalled()
  await page.settle()

  expect(page.names()).toEqual([['first', 'second']])
  expect(page.fetch).toHaveBeenCalledWith('https://shop.example/stats/e/ZV_UnitTest1', {
    method: 'POST',
    keepalive: true,
    body: expect.any(String) as unknown,
  })
  expect(page.posts[0]![0]).not.toHaveProperty('retry')
  expect(page.posts[0]![0]).not.toHaveProperty('age_ms')
})

test('deletes an acknowledged event from the outbox', async () => {
  const page = await open({ answers: [answer(200)] })
  await page.trackNow('signup')
  page.fire('online')
  page.fire('pagehide')
  await page.wait(10 * MINUTE_MS)

  expect(page.names()).toEqual([['signup']])
  expect(page.beacons).toEqual([])
  expect(page.outboxKeys()).toEqual([])
})

test('deletes an event that the collector rejects with 400', async () => {
  const page = await open({ answers: [answer(400)] })
  await page.trackNow('signup')
  await page.wait(10 * MINUTE_MS)

  expect(page.posts).toHaveLength(1)
  expect(page.outboxKeys()).toEqual([])
})

for (const [name, failure] of [
  ['a 503', answer(503)],
  ['a 500', answer(500)],
  ['a 429', answer(429)],
  ['a network error', () => Promise.reject(new TypeError('Failed to fetch'))],
] as const)
  test(`keeps an event in the outbox after ${name} and resends it as a retry`, async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const page = await open({ answers: [failure, answer(200)] })
    await page.trackNow('signup')
    const [first] = page.posts[0]!
    expect(page.outboxKeys()).toEqual([`zenovay:${String(first!['event_id'])} ${URL_OF_COLLECTOR}`])

    await page.wait(1_499)
    expect(page.posts).toHaveLength(1)
    await page.wait(1)
    expect(page.posts[1]).toEqual([{ ...first, retry: true, age_ms: 1_500 }])
    expect(page.outboxKeys()).toEqual([])
  })

test('doubles the backoff after each failure up to five minutes and resets it after a success', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(1)
  const page = await open({ answers: [answer(503)] })
  // The page looks for stored events when it starts.
  await page.wait(3 * SECOND_MS)
  const pauses: number[] = []
  await page.trackNow('signup')
  for (let failure = 0; failure < 9; failure++) {
    const before = Date.now()
    const count = page.posts.length
    while (page.posts.length === count) await page.wait(SECOND_MS)
    pauses.push((Date.now() - before) / SECOND_MS)
  }
  expect(pauses).toEqual([3, 6, 12, 24, 48, 96, 192, 300, 300])

  page.fetch.mockImplementationOnce(() => Promise.resolve(answer(200)()))
  await page.trackNow('works')
  await page.wait(300 * SECOND_MS)
  const count = page.posts.length
  await page.wait(3 * SECOND_MS)
  expect(page.posts.length - count, 'the repetition').toBe(1)
})

test('randomizes the backoff so that browsers do not retry at the same time', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.1)
  const page = await open({ answers: [answer(503), answer(200)] })
  await page.trackNow('signup')
  await page.wait(300)

  expect(page.posts).toHaveLength(2)
})

test('delays a retry for the time in Retry-After', async () => {
  const page = await open({ answers: [answer(503, { 'retry-after': '20' }), answer(200)] })
  await page.trackNow('signup')
  await page.wait(20 * SECOND_MS - 1)
  expect(page.posts).toHaveLength(1)
  await page.wait(3 * SECOND_MS + 1)
  expect(page.posts).toHaveLength(2)
})

for (const value of ['Fri, 31 Dec 2100 23:59:59 GMT', '2592000'])
  test(`does not retry before the backoff ends for Retry-After: ${value}`, async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const page = await open({ answers: [answer(503, { 'retry-after': value })] })
    await page.trackNow('signup')
    await page.wait(SECOND_MS)

    expect(page.posts).toHaveLength(1)
  })

test('retries the events of several failed requests in one request', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(1)
  const page = await open({ answers: [answer(503)] })
  for (let index = 0; index < 7; index++) await page.trackNow(`event${index}`)
  expect(page.posts).toHaveLength(7)
  await page.wait(2_999)
  expect(page.posts).toHaveLength(7)
  await page.wait(1)
  expect(page.names()[7]).toHaveLength(7)
  await page.wait(6 * SECOND_MS)

  expect(page.posts).toHaveLength(9)
})

test('does not retry early when a later event is sent', async () => {
  const page = await open({ answers: [answer(503, { 'retry-after': '60' }), answer(200)] })
  await page.trackNow('first')
  await page.trackNow('second')
  await page.wait(59 * SECOND_MS)
  expect(page.names()).toEqual([['first'], ['second']])
  await page.wait(4 * SECOND_MS)

  expect(page.names()).toEqual([['first'], ['second'], ['first']])
})

test('resends the events of a beacon when the page becomes visible again', async () => {
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
  const page = await open({ answers: [() => new Promise<Response>(() => {}), answer(200)] })
  await page.trackNow('signup')
  page.fire('visibilitychange')
  expect(page.beacons).toHaveLength(1)
  hidden.mockReturnValue(false)
  page.fire('visibilitychange')
  await page.wait(3 * SECOND_MS)

  expect(page.posts[1]).toMatchObject([{ event_name: 'signup', retry: true }])
  expect(page.outboxKeys()).toEqual([])
})

test('sends 30 events every ten seconds from a full outbox to stay below the burst limit', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  const earlier = await open()
  await earlier.trackNow(...Array.from({ length: 70 }, (_, index) => `event${index}`))
  earlier.fire('pagehide')
  earlier.posts.length = 0
  vi.clearAllTimers()
  await earlier.wait(10 * SECOND_MS)
  const page = await open({ answers: [answer(200)] })
  await page.wait(SECOND_MS)
  expect(page.posts.map(({ length }) => length)).toEqual([30])
  await page.wait(9_999)
  expect(page.posts).toHaveLength(1)
  await page.wait(1)
  expect(page.posts).toHaveLength(2)
  await page.wait(10 * SECOND_MS)

  expect(page.posts.map(({ length }) => length)).toEqual([30, 30, 10])
  expect(new Set(page.names().flat()).size).toBe(70)
})

test('rejects an event that is too large for a request and logs a warning', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  const page = await open()
  const endless = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`key${index}`, '\u0001'.repeat(500)]),
  )
  page.track('huge', endless)
  await page.trackNow('next')

  expect(page.names()).toEqual([['next']])
  expect(warn.mock.calls.map((text) => text.join(' '))).toEqual(['zenovay: [object Object] Error: too large'])
})

test('limits the outbox to 512 KB', async () => {
  const page = await open({ answers: [answer(503, { 'retry-after': '600' })] })
  const properties = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`key${index}`, 'x'.repeat(500)]),
  )
  for (let index = 0; index < 60; index++) page.track(`event${index}`, properties)
  await page.settle()
  page.fire('pagehide')

  const stored = page.outboxKeys().map((key) => localStorage.getItem(key)!)
  expect(stored.join('').length).toBeLessThanOrEqual(512 * 1024)
  expect(stored.length).toBeGreaterThan(40)
  expect(stored.some((text) => text.includes('"event59"'))).toBe(true)
})

test('sends all failed events within three seconds when the browser is online again', async () => {
  const page = await open({
    answers: [answer(503, { 'retry-after': '60' }), answer(503, { 'retry-after': '60' }), answer(200)],
  })
  await page.trackNow('first')
  await page.trackNow('second')
  page.fire('online')
  await page.wait(3 * SECOND_MS)

  expect(page.names()[2]).toEqual(['first', 'second'])
  expect(page.outboxKeys()).toEqual([])
})

test('sends unacknowledged events in one beacon when the page is hidden and keeps them in the outbox', async () => {
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
  const page = await open()
  await page.trackNow('on its way')
  await page.wait(200)
  page.track('just now')
  page.fire('visibilitychange')
  page.fire('pagehide')
  await page.settle()

  expect(page.beacons).toHaveLength(1)
  expect(page.beacons[0]).toMatchObject([
    { event_name: 'on its way', retry: true, age_ms: 200 },
    { event_name: 'just now' },
  ])
  expect(page.beacons[0]![1]).not.toHaveProperty('retry')
  expect(page.names(), 'no POST of what is a beacon already').toEqual([['on its way']])
  expect(page.outboxKeys()).toHaveLength(2)
  hidden.mockRestore()
})

test('sends no beacon when the page becomes visible', async () => {
  const page = await open()
  await page.trackNow('on its way')
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(false)
  page.fire('visibilitychange')

  expect(page.beacons).toEqual([])
})

test('deletes an event that is acknowledged after its beacon was sent', async () => {
  let release = (_answer: Response) => {}
  const page = await open({ answers: [() => new Promise<Response>((resolve) => (release = resolve))] })
  await page.trackNow('signup')
  page.fire('pagehide')
  expect(page.outboxKeys()).toHaveLength(1)
  release(answer(200)())
  await page.settle()

  expect(page.outboxKeys()).toEqual([])
})

test('keeps unacknowledged events in the outbox if the browser does not support beacons', async () => {
  const page = await open({ navigator: { sendBeacon: undefined } })
  await page.trackNow('signup')
  page.fire('pagehide')

  expect(page.outboxKeys()).toHaveLength(1)
})

test('splits the outbox into beacons of at most 30 events each, the newest first', async () => {
  const page = await open()
  for (let index = 0; index < 70; index++) page.track(`event${index}`)
  page.fire('pagehide')

  expect(page.beacons.map(({ length }) => length)).toEqual([30, 30, 10])
  expect(page.beacons.map(([first]) => first!['event_name'])).toEqual(['event40', 'event10', 'event0'])
})

test('limits a request to 60 KB even with multi-byte characters', async () => {
  const page = await open({ answers: [answer(200)] })
  const properties = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`key${index}`, '€'.repeat(500)]),
  )
  for (let index = 0; index < 25; index++) page.track(`event${index}`, properties)
  await page.settle()
  await page.wait(100)

  expect(page.names().flat()).toHaveLength(25)
  for (const [, { body }] of page.fetch.mock.calls as [string, { body: string }][])
    expect(new TextEncoder().encode(body).length).toBeLessThanOrEqual(60_000)
})

test('sends a new event at once while 70 others wait, and keeps all of them in storage', async () => {
  const page = await open({ answers: [answer(503, { 'retry-after': '600' })] })
  await page.trackNow(...Array.from({ length: 70 }, (_, index) => `event${index}`))
  await page.trackNow('late')

  expect(page.names().at(-1)).toEqual(['late'])
  expect(page.outboxKeys()).toHaveLength(71)
})

test('keeps only the 500 newest events in the outbox', async () => {
  const page = await open({ answers: [answer(503, { 'retry-after': '600' })] })
  await page.trackNow(...Array.from({ length: 511 }, (_, index) => `event${index}`))
  page.fire('pagehide')

  expect(page.outboxKeys()).toHaveLength(500)
  const kept = page
    .outboxKeys()
    .map((key) => (JSON.parse(localStorage.getItem(key)!) as { event_name: string }).event_name)
  expect(kept).toContain('event510')
  expect(kept).not.toContain('event10')
})

test('keeps a failed cookieless event in memory', async () => {
  const page = await open({
    isNewVisitor: true,
    dataset: { cookieless: 'true' },
    answers: [answer(503), answer(200)],
  })
  await page.trackNow('signup')
  expect(localStorage).toHaveLength(0)
  await page.wait(3 * SECOND_MS)

  expect(page.posts[1]).toMatchObject([{ event_name: 'signup', retry: true, cookieless: true }])
})

test('keeps a failed event in memory if storage is full', async () => {
  const page = await open({ answers: [answer(503), answer(200)] })
  vi.stubGlobal(
    'localStorage',
    new Proxy(
      {},
      {
        set: () => {
          throw new DOMException('Full.', 'QuotaExceededError')
        },
      },
    ),
  )
  await page.trackNow('signup')
  await page.wait(3 * SECOND_MS)

  expect(page.names()).toEqual([['signup'], ['signup']])
})
