// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answer, closePages, openTrackedPage, type PageSetup } from './open-page.js'

let warnings: string[]

beforeEach(() => {
  warnings = []
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) })
  vi.spyOn(console, 'warn').mockImplementation((...text) => void warnings.push(text.join(' ')))
})
afterEach(closePages)

/** Opens a page without automatic pageviews; `send` returns the events of its calls. */
async function open(setup: PageSetup = {}) {
  const page = await openTrackedPage({
    isNewVisitor: true,
    answers: [answer(200)],
    ...setup,
    dataset: { auto: 'false', ...setup.dataset },
  })
  return {
    ...page,
    async send(...calls: Parameters<typeof page.run>[]) {
      const before = page.posts.length
      for (const call of calls) page.run(...call)
      await page.settleNewVisitor()
      return page.posts.slice(before).flat()
    },
  }
}

test('sends a conversion with a name and an optional value when goal is called', async () => {
  const page = await open()
  const [event] = await page.send(['goal', 'signup', { value: 30, plan: 'pro' }])

  expect(event).toMatchObject({
    event_type: 'goal',
    event_name: 'signup',
    properties: { value: 30, plan: 'pro' },
  })
})

test('sends an amount in major units and a currency when revenue is called', async () => {
  const page = await open()
  const [dollars, euros] = await page.send(['revenue', 39.5], ['revenue', 120, 'EUR', { order: '2026-118' }])

  expect(dollars).toMatchObject({ event_type: 'revenue', properties: { amount: 39.5, currency: 'USD' } })
  expect(euros!['properties']).toEqual({ amount: 120, currency: 'EUR', order: '2026-118' })
  expect(dollars).not.toHaveProperty('event_name')
})

test('attributes the identify event and all later events to the user, even on the next page', async () => {
  const page = await open()
  const [before] = await page.send(['track', 'before'])
  const [identified, after] = await page.send(
    ['identify', 'auth0|42', { plan: 'pro', nested: {} }],
    ['track', 'after'],
  )
  const next = await open()
  const [later] = await next.send(['track', 'later'])

  expect(before).not.toHaveProperty('user_id')
  expect(identified).toMatchObject({
    event_type: 'identify',
    user_id: 'auth0|42',
    properties: { plan: 'pro' },
  })
  expect(after).toMatchObject({ user_id: 'auth0|42', visitor_id: before!['visitor_id'] })
  expect(later).toMatchObject({ user_id: 'auth0|42' })
  expect(warnings).toEqual(['zenovay: nested dropped: object'])
})

test('accepts an object or a number as the argument of identify', async () => {
  const page = await open()
  const [object, number] = await page.send(['identify', { user_id: 'ann', plan: 'pro' }], ['identify', 42])

  expect(object).toMatchObject({ user_id: 'ann', properties: { plan: 'pro' } })
  expect(object!['properties']).not.toHaveProperty('user_id')
  expect(number).toMatchObject({ user_id: '42', properties: {} })
})

test('warns and sends nothing if a call has no valid name, amount or ID', async () => {
  const page = await open()
  const sent = await page.send(
    ['track', ''],
    ['track', ' '],
    ['goal'],
    ['revenue', '12'],
    ['revenue', NaN],
    ['identify', ''],
    ['identify', { plan: 'pro' }],
    ['identify', 'x'.repeat(129)],
    ['identify'],
  )

  expect(sent).toEqual([])
  expect(new Set(warnings.map((text) => text.split(' ')[1]))).toEqual(
    new Set(['track', 'goal', 'revenue', 'identify']),
  )
})

test('deletes the user, visitor and session IDs in all tabs when reset is called', async () => {
  const [first, second] = [await open(), await open()]
  const [before] = await first.send(['identify', 'ann'])
  await second.send(['track', 'elsewhere'])
  first.run('reset')
  const [other] = await second.send(['track', 'after'])
  const [own] = await first.send(['track', 'after'])

  expect(other).not.toHaveProperty('user_id')
  expect(other!['visitor_id']).not.toBe(before!['visitor_id'])
  expect(other!['session_id']).not.toBe(before!['session_id'])
  expect(own).toMatchObject({ visitor_id: other!['visitor_id'], session_id: other!['session_id'] })
})

test('deletes the IDs in memory on reset if storage is unavailable', async () => {
  vi.stubGlobal('localStorage', null)
  const page = await open()
  const [before] = await page.send(['identify', 'ann'])
  page.run('reset')
  const [after] = await page.send(['track', 'after'])

  expect(after).not.toHaveProperty('user_id')
  expect(after!['visitor_id']).not.toBe(before!['visitor_id'])
})

const text = () => JSON.stringify({ ...localStorage })

test('deletes stored IDs and remembers the decision when consent is denied', async () => {
  const page = await open({ answers: [answer(503)] })
  const [before] = await page.send(['track', 'before'])
  expect(text()).toContain(before!['visitor_id'])
  page.run('consent', 'denied')
  expect(text()).not.toContain(before!['visitor_id'])
  const [after] = await page.send(['track', 'after'])
  const [later] = await (await open()).send(['track', 'later'])

  for (const event of [after, later]) {
    expect(event).toMatchObject({ cookieless: true, gpc: false })
    expect(event).not.toHaveProperty('visitor_id')
  }
  expect(page.outboxKeys()).toEqual([])
  expect(page.run('getVisitorId')).toBeUndefined()
})

test('applies denied consent to other tabs', async () => {
  const [first, second] = [await open(), await open()]
  await first.send(['track', 'before'])
  await second.send(['track', 'before'])
  first.run('consent', 'denied')
  const [event] = await second.send(['track', 'after'])

  expect(event).not.toHaveProperty('visitor_id')
})

test('sends a visitor ID again when consent is granted after a denial', async () => {
  const page = await open()
  const [, granted] = await page.send(
    ['consent', 'denied'],
    ['track', 'denied'],
    ['consent', 'granted'],
    ['track', 'granted'],
  )

  expect(granted!['visitor_id']).toBeTruthy()
  expect(granted).not.toHaveProperty('cookieless')
})

test('stores IDs only after required consent is granted, and keeps them on the next page', async () => {
  const dataset = { consent: 'required' }
  const page = await open({ dataset })
  const [before] = await page.send(['track', 'before'])
  expect(before).toMatchObject({ cookieless: true })
  expect(before).not.toHaveProperty('visitor_id')
  expect(localStorage).toHaveLength(0)
  const [after] = await page.send(['consent', 'granted'], ['track', 'after'])
  const [later] = await (await open({ dataset })).send(['track', 'later'])

  expect(after!['visitor_id']).toBeTruthy()
  expect(later!['visitor_id']).toBe(after!['visitor_id'])
})

test('keeps events in memory while it waits for consent, and sends them with their age when it is granted', async () => {
  const page = await open({ dataset: { consent: 'wait' } })
  expect(await page.send(['track', 'first'], ['page'], ['identify', 'ann'])).toEqual([])
  await vi.advanceTimersByTimeAsync(4_900)
  page.fire('pagehide')
  expect(page.beacons).toEqual([])
  expect(localStorage).toHaveLength(0)

  const events = await page.send(['consent', 'granted'])
  expect(events.map(({ event_name = 'pageview' }) => event_name)).toEqual(['first', 'pageview'])
  expect(events[0]).toHaveProperty('age_ms', 5_000)
  expect(events[0]!['visitor_id']).toBeTruthy()
  expect(events[0]).not.toHaveProperty('user_id')
})

test('drops the events that wait for consent when it is denied, and all later ones', async () => {
  const settled: unknown[] = []
  const callback = (isStored: boolean) => settled.push(isStored)
  const page = await open({ dataset: { consent: 'wait' } })
  await page.send(['track', 'first', {}, { callback }], ['consent', 'denied'])
  await page.send(['track', 'second', {}, { callback }])
  expect(settled).toEqual([false, false])

  const events = await page.send(['consent', 'granted'], ['track', 'third'])
  expect(events.map(({ event_name }) => event_name)).toEqual(['third'])
})

test('keeps the 500 newest events while it waits for consent', async () => {
  const page = await open({ dataset: { consent: 'wait' } })
  await page.send(...Array.from({ length: 510 }, (_, index): [string, string] => ['track', `event${index}`]))
  expect(warnings).toEqual(['zenovay: 10 events dropped'])
  await page.send(['consent', 'granted'])
  await vi.advanceTimersByTimeAsync(200_000)

  const names = page.posts.flat().map(({ event_name }) => event_name)
  expect(names).toHaveLength(500)
  expect(names).not.toContain('event9')
  expect(names).toContain('event10')
})

test('calls back with true when an event is stored, and with false when it is refused', async () => {
  const settled: unknown[] = []
  const callback = (isStored: boolean) => settled.push(isStored)
  const page = await open({ answers: [answer(200), answer(400)] })
  await page.send(['track', 'stored', {}, { callback }])
  await page.send(['goal', 'rejected', {}, { callback }])
  await page.send(['track', '', {}, { callback }])
  expect(settled).toEqual([true, false, false])
})

test('sends events in spite of a callback that throws', async () => {
  const callback = () => {
    throw new Error('of the page')
  }
  const page = await open()
  await page.send(['track', 'first', {}, { callback }])
  await vi.advanceTimersByTimeAsync(10_000)

  expect(page.posts).toHaveLength(1)
  expect(page.outboxKeys()).toEqual([])
  expect(warnings).toHaveLength(1)
})

test('marks an event that the visitor did not cause', async () => {
  const page = await open()
  const [shown, clicked] = await page.send(
    ['track', 'shown', {}, { interactive: false }],
    ['track', 'clicked'],
  )

  expect(shown).toHaveProperty('interactive', false)
  expect(clicked).not.toHaveProperty('interactive')
})

test('sends what beforeSend returns, and nothing if it returns nothing', async () => {
  const beforeSend = vi.fn((event: Record<string, unknown>) =>
    event['event_name'] === 'secret' ? undefined : { ...event, title: 'Changed' },
  )
  vi.stubGlobal('ZENOVAY_TRACKER_CONFIG', { beforeSend })
  const settled: unknown[] = []
  const page = await open()
  const events = await page.send(
    ['track', 'secret', {}, { callback: (isStored: boolean) => settled.push(isStored) }],
    ['track', 'public'],
  )

  expect(events).toHaveLength(1)
  expect(events[0]).toMatchObject({ event_name: 'public', title: 'Changed' })
  expect(beforeSend.mock.calls[0]![0]).toMatchObject({ url: 'https://shop.example/shoes?size=43' })
  expect(settled).toEqual([false])
  expect(page.outboxKeys()).toEqual([])
  expect(warnings).toEqual([])
})

test('drops an event with one warning if beforeSend throws', async () => {
  vi.stubGlobal('ZENOVAY_TRACKER_CONFIG', {
    beforeSend: () => {
      throw new Error('of the page')
    },
  })
  const page = await open()

  expect(await page.send(['track', 'first'], ['track', 'second'])).toEqual([])
  expect(warnings).toEqual(['zenovay: [object Object] Error: of the page'])
  expect(page.outboxKeys()).toEqual([])
})

test('keeps existing IDs when consent is granted', async () => {
  const page = await open()
  const [before] = await page.send(['track', 'before'])
  const [after] = await page.send(['consent', 'granted'], ['track', 'after'])

  expect(after).toMatchObject({ visitor_id: before!['visitor_id'], session_id: before!['session_id'] })
})

test('sends nothing between disable and enable', async () => {
  const page = await open({ answers: [answer(503), answer(200)] })
  const [before] = await page.send(['track', 'before'])
  page.run('disable')
  expect(await page.send(['track', 'after'], ['page'])).toEqual([])
  page.fire('online')
  page.fire('pagehide')
  expect(await (await open()).send(['track', 'later'], ['page'])).toEqual([])
  await vi.advanceTimersByTimeAsync(600_000)
  expect(page.posts.flat()).toHaveLength(1)
  expect(page.beacons).toEqual([])
  expect(text()).not.toContain(before!['visitor_id'])
  expect(page.run('getVisitorId')).toBeUndefined()

  page.run('enable')
  const [back] = await page.send(['track', 'back'])
  expect(back!['visitor_id']).toBeTruthy()
  expect(back!['visitor_id']).not.toBe(before!['visitor_id'])
})

test('keeps an opt-out in effect when consent is granted', async () => {
  const page = await open()

  expect(await page.send(['disable'], ['consent', 'granted'], ['track', 'after'])).toEqual([])
})

test('keeps an opt-out for the lifetime of the page if storage is unavailable', async () => {
  vi.stubGlobal('localStorage', null)
  const page = await open()

  expect(await page.send(['disable'], ['track', 'after'])).toEqual([])
})

test('writes nothing to storage when commands run in cookieless mode', async () => {
  const page = await open({ dataset: { cookieless: 'true' } })
  const events = await page.send(
    ['track', 'a'],
    ['goal', 'b'],
    ['revenue', 1],
    ['identify', 'ann'],
    ['page'],
    ['getVisitorId'],
    ['reset'],
    ['track', 'c'],
  )

  expect(events).toHaveLength(6)
  expect(events[4]).toMatchObject({ user_id: 'ann', session_id: events[0]!['session_id'] })
  expect(events[5]).not.toHaveProperty('user_id')
  expect(events[5]!['session_id']).not.toBe(events[0]!['session_id'])
  expect(localStorage).toHaveLength(0)
})
