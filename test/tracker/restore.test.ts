// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answer, closePages, openTrackedPage } from './open-page.js'

const DAY_MS = 24 * 60 * 60_000

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) })
})
afterEach(closePages)

const QUIET = { dataset: { auto: 'false' } }

/** Leaves one event of an earlier page in the outbox, and returns its id. */
async function leaveBehind(name: string): Promise<string> {
  const page = await openTrackedPage(QUIET)
  page.track(name)
  await page.settle()
  page.fire('pagehide')
  const { event_id } = page.posts.at(-1)![0]!
  page.posts.length = page.beacons.length = 0
  vi.clearAllTimers()
  // The claim of the page that was left has expired.
  vi.setSystemTime(Date.now() + 10_000)
  return event_id as string
}

async function openNext(...answers: (() => Response)[]) {
  const page = await openTrackedPage({ ...QUIET, answers })
  return {
    ...page,
    async wait(ms: number) {
      await vi.advanceTimersByTimeAsync(ms)
      await page.settle()
    },
  }
}

test('sends the stored events of an earlier page one second after the start', async () => {
  const event_id = await leaveBehind('signup')
  vi.setSystemTime(Date.now() + DAY_MS)
  const page = await openNext(answer(200))
  await page.wait(999)
  expect(page.posts).toEqual([])
  await page.wait(1)

  expect(page.posts).toMatchObject([
    [{ event_id, event_name: 'signup', retry: true, age_ms: DAY_MS + 11_000 }],
  ])
  expect(page.outboxKeys()).toEqual([])
})

test('resends events in the order in which they occurred though time passes while it sorts them', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `step ${index}`)
  const page = await openNext(answer(503), answer(200))
  for (const name of names) page.track(name)
  await page.wait(100)
  const start = Date.now()
  let calls = 0
  vi.spyOn(Date, 'now').mockImplementation(() => start + 3_000 + calls++)
  await page.wait(3_000)

  expect(page.posts[1]!.map(({ event_name }) => event_name)).toEqual(names)
})

test('deletes stored events after seven days', async () => {
  await leaveBehind('signup')
  vi.setSystemTime(Date.now() + 7 * DAY_MS)
  const page = await openNext()
  await page.wait(3_000)

  expect(page.posts).toEqual([])
  expect(page.outboxKeys()).toEqual([])
})

test('does not resend an event while its request is pending', async () => {
  const page = await openNext()
  page.track('slow')
  await page.wait(3_000)

  expect(page.posts).toHaveLength(1)
})

test('keeps the storage keys of other scripts and deletes its own invalid entries', async () => {
  localStorage.setItem('cart', '3')
  localStorage.setItem('zenovay:theirs', 'no JSON')
  const event_id = await leaveBehind('signup')
  const page = await openNext(answer(200))
  await page.wait(3_000)

  expect(page.posts).toMatchObject([[{ event_id }]])
  expect(localStorage.getItem('cart')).toBe('3')
  expect(page.outboxKeys()).toEqual([])
})

test('keeps a stored event if its retry fails', async () => {
  await leaveBehind('signup')
  const page = await openNext(answer(503, { 'retry-after': '60' }))
  await page.wait(3_000)

  expect(page.posts).toHaveLength(1)
  expect(page.outboxKeys()).toHaveLength(1)
})

test('sends stored events from a cookieless page without writing to storage', async () => {
  const event_id = await leaveBehind('signup')
  const page = await openTrackedPage({
    dataset: { auto: 'false', cookieless: 'true' },
    answers: [answer(200)],
  })
  const write = vi.spyOn(Storage.prototype, 'setItem')
  await vi.advanceTimersByTimeAsync(3_000)
  await page.settle()

  expect(page.posts).toMatchObject([[{ event_id }]])
  expect(write).not.toHaveBeenCalled()
  expect(page.outboxKeys()).toEqual([])
})
