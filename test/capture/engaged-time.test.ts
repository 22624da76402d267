// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { closePages, type PageSetup } from '../tracker/open-page.js'
import { openCapturedPage, type CapturedPage } from './open-captured-page.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const START = Date.parse('2026-11-21T10:00:00Z')

/** What the browser says of the page. */
let isHidden: boolean
let hasFocus: boolean
let page: CapturedPage

beforeEach(() => {
  vi.useFakeTimers({ now: START })
  isHidden = false
  hasFocus = true
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => isHidden)
  vi.spyOn(document, 'hasFocus').mockImplementation(() => hasFocus)
})
afterEach(closePages)

async function open(setup?: PageSetup): Promise<void> {
  page = await openCapturedPage(
    async () => [(await import('../../src/capture/engagement.js')).engagement],
    setup,
  )
}

const fire = (type: string) => page.act(type, document.body)
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms)

async function hide(): Promise<void> {
  isHidden = true
  await fire('visibilitychange')
}

async function show(): Promise<void> {
  isHidden = false
  await fire('visibilitychange')
}

/** Reads for the given time, with an input each ten seconds. */
async function read(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10 * SECOND) {
    await fire('pointermove')
    await wait(Math.min(10 * SECOND, ms - passed))
  }
}

const engagements = () => page.captured().filter(({ event_type }) => event_type === 'engagement')
const propertiesOf = (event: unknown) => (event as { properties: Record<string, number> }).properties
const times = () => engagements().map((event) => propertiesOf(event)['engaged_ms'])
const total = () => times().reduce((sum, ms) => sum! + ms!, 0)
const heartbeats = () => page.beacons.filter((body) => !Array.isArray(body))
/** Each pageview once: a page that is hidden sends it again. */
const pageviews = () => {
  const events = [...page.posts, ...page.beacons]
    .flat()
    .filter(({ event_id, event_type }) => event_id && !event_type)
  return [...new Map(events.map((event) => [event['event_id'], event])).values()]
}

test('measures a page from its count until it is hidden', async () => {
  await open()
  await wait(3_400)
  await hide()

  const [event] = engagements()
  expect(event).toMatchObject({ event_type: 'engagement', url: 'https://shop.example/shoes?size=43' })
  expect(propertiesOf(event)).toMatchObject({ engaged_ms: 3_400, view: pageviews()[0]!['event_id'] })
  expect(event).not.toHaveProperty('event_name')
})

test('counts no hidden time, and sends what was added since the last event', async () => {
  await open()
  await wait(3_000)
  await hide()
  await wait(20_000)
  await show()
  await wait(2_000)
  await hide()

  expect(times()).toEqual([3_000, 2_000])
})

test('counts no time without focus', async () => {
  await open()
  await wait(2_500)
  hasFocus = false
  await fire('blur')
  await wait(30_000)
  hasFocus = true
  await fire('focus')
  await wait(1_500)
  await hide()

  expect(total()).toBe(4_000)
})

test('counts on when the focus moves into an iframe, and stops at a sample when it leaves that', async () => {
  await open()
  await wait(2_000)
  // In some engines the document has no focus during the event.
  hasFocus = false
  page.fire('blur', { composedPath: () => [window] })
  hasFocus = true
  await wait(18_000)
  hasFocus = false
  await wait(60_000)
  await hide()

  expect(total()).toBeGreaterThanOrEqual(20_000)
  expect(total()).toBeLessThanOrEqual(25_000)
})

test('is idle 60 s after the last input, and goes on with the next', async () => {
  await open()
  await wait(7_000)
  await fire('keydown')
  await wait(5 * MINUTE)
  await fire('wheel')
  await wait(3_000)
  await hide()

  expect(total()).toBe(7_000 + MINUTE + 3_000)
})

test('counts while media plays, without input', async () => {
  await open()
  for (let n = 0; n < 4 * 180; n++) {
    await fire('timeupdate')
    await wait(250)
  }
  await wait(10 * MINUTE)
  await hide()

  expect(total()).toBeGreaterThanOrEqual(3 * MINUTE)
  expect(total()).toBeLessThanOrEqual(3 * MINUTE + 500)
})

test('adds at most 5 s for an hour of sleep', async () => {
  await open()
  await wait(15_000)
  const asleep = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => asleep() + HOUR)
  await wait(5_000)
  await fire('pointermove')
  await wait(2_000)
  await hide()

  expect(total()).toBe(22_000)
})

test('loses nothing to samples that come some milliseconds late', async () => {
  await open()
  const exact = performance.now.bind(performance)
  let late = 0
  vi.spyOn(performance, 'now').mockImplementation(() => exact() + late)
  for (let n = 0; n < 10; n++) {
    late = n % 2 ? 0 : 40
    await wait(5_000)
  }
  late = 0
  await hide()

  expect(total()).toBe(50_000)
})

test('starts at 0 in a tab that is opened in the background', async () => {
  isHidden = true
  hasFocus = false
  await open()
  await wait(10 * MINUTE)
  hasFocus = true
  await show()
  await wait(4_000)
  await hide()

  expect(total()).toBe(4_000)
})

test('sends nothing for a page that was never seen, or for less than 250 ms', async () => {
  isHidden = true
  hasFocus = false
  await open()
  await wait(MINUTE)
  await fire('pagehide')
  expect(engagements()).toEqual([])

  hasFocus = true
  await show()
  await wait(200)
  await hide()
  expect(engagements()).toEqual([])
})

test('adds what was too short to be sent to the next event', async () => {
  await open()
  for (let n = 0; n < 5; n++) {
    await wait(100)
    await hide()
    await show()
  }
  expect(total()).toBe(300)
})

test('sends an event of the page before when another is counted', async () => {
  await open()
  await wait(2_000)
  document.title = 'Cart'
  page.run('page', '/cart')
  await page.settle()
  await wait(1_000)
  await hide()

  expect(
    engagements().map((event) => [event['url'], event['title'], propertiesOf(event)['engaged_ms']]),
  ).toEqual([
    ['https://shop.example/shoes?size=43', 'Shoes', 2_000],
    ['https://shop.example/cart', 'Cart', 1_000],
  ])
  expect(engagements().map((event) => propertiesOf(event)['view'])).toEqual(
    pageviews().map(({ event_id }) => event_id),
  )
})

test('sends an event after each 5 engaged minutes', async () => {
  await open()
  await read(11 * MINUTE)
  expect(times()).toEqual([5 * MINUTE, 5 * MINUTE])
})

test('sends a heartbeat after each 60 engaged seconds', async () => {
  await open()
  await read(3.5 * MINUTE)
  await wait(10 * MINUTE)

  const [pageview] = pageviews()
  expect(heartbeats()).toHaveLength(4)
  expect(heartbeats()[0]).toEqual({
    session_id: pageview!['session_id'],
    visitor_id: pageview!['visitor_id'],
    url: pageview!['url'],
  })
})

test('keeps one session through 40 minutes of reading', async () => {
  await open()
  await read(40 * MINUTE)
  page.run('page', '/next')
  await page.settle()

  expect(new Set(pageviews().map(({ session_id }) => session_id)).size).toBe(1)
  expect(pageviews()).toHaveLength(2)
})

test('opens no session when a tab is hidden after three hours', async () => {
  await open()
  await wait(3 * HOUR)
  const stored = localStorage['zenovay'] as string
  await hide()

  expect(engagements()).toHaveLength(1)
  expect(engagements()[0]!['session_id']).toBe(pageviews()[0]!['session_id'])
  expect(localStorage['zenovay']).toBe(stored)
})

test.each([['reset'], ['disable'], ['consent', 'denied']])(
  'sends nothing of what it was measuring after %s',
  async (...call) => {
    await open()
    await wait(30_000)
    page.run(...call)
    await read(2 * MINUTE)
    await hide()

    expect(engagements()).toEqual([])
    expect(heartbeats()).toEqual([])
  },
)

test('sends no heartbeat after another tab has opted out', async () => {
  await open()
  await wait(5_000)
  localStorage['zenovay'] = ',1'
  await read(2 * MINUTE)
  await hide()

  expect(heartbeats()).toEqual([])
  expect(engagements()).toEqual([])
})

test('sends with a beacon, with IDs of the session alone, when cookieless', async () => {
  await open({ dataset: { cookieless: 'true' } })
  await read(MINUTE + SECOND)
  await fire('pagehide')

  expect(page.beacons.flat().filter(({ event_type }) => event_type === 'engagement')).toHaveLength(1)
  expect(engagements()[0]).toMatchObject({ cookieless: true, session_id: pageviews()[0]!['session_id'] })
  expect(engagements()[0]).not.toHaveProperty('visitor_id')
  expect(heartbeats()[0]).not.toHaveProperty('visitor_id')
  expect(Object.keys(localStorage).filter((key) => key !== 'zenovay')).toEqual([])
})

test('counts no time in the back/forward cache', async () => {
  await open()
  await wait(1_000)
  await fire('pagehide')
  await wait(4_000)
  await fire('pageshow')
  page.run('page')
  await page.settle()
  await wait(1_000)
  await hide()

  expect(times()).toEqual([1_000, 1_000])
})

test('counts no time of an excluded page that an application shows', async () => {
  await open({ dataset: { exclude: '/admin' } })
  await wait(2_000)
  vi.stubGlobal('location', new URL('https://shop.example/admin'))
  await fire('popstate')
  await fire('pointermove')
  await read(2 * MINUTE)
  vi.stubGlobal('location', new URL('https://shop.example/cart'))
  await fire('popstate')
  await wait(1_000)
  await hide()

  expect(pageviews().map(({ url }) => new URL(url as string).pathname)).toEqual(['/shoes', '/cart'])
  // The page learns of the change at the next input.
  expect(times()[0]).toBe(2_000)
  expect(heartbeats()).toEqual([])
})

test('counts the time until a page is counted to the one before', async () => {
  await open()
  await wait(2_000)
  vi.stubGlobal('location', new URL('https://shop.example/cart'))
  await fire('popstate')
  await fire('pointermove')
  await wait(60)
  await fire('pointermove')
  await wait(2_000)
  await hide()

  expect(total()).toBe(4_060)
})
