import { afterEach, describe, expect, it, vi } from 'vitest'
import { createServerTracker } from '../../src/server/create-server-tracker.js'
import { IngestError } from '../../src/server/ingest-error.js'
import { OptionsError } from '../../src/server/options-error.js'
import { codeOf, HOUR_MS, SECOND_MS, EVENT, openTracker, refuse } from './open-tracker.js'

afterEach(() => vi.restoreAllMocks())

describe('options', () => {
  it('are refused all at once, by name', () => {
    const create = () =>
      createServerTracker({
        trackingCode: '',
        apiUrl: 'https://user:pass@stats.example',
        apiKey: 'a\nb',
        userAgent: ' ',
        attempts: Number.NaN,
        maxAgeMs: 24 * HOUR_MS,
        onDrop: 'no' as never,
      })
    expect(create).toThrow(OptionsError)
    try {
      create()
    } catch (error) {
      expect((error as OptionsError).faults.map(({ field }) => field)).toEqual([
        'trackingCode',
        'apiUrl',
        'apiKey',
        'userAgent',
        'attempts',
        'maxAgeMs',
        'onDrop',
      ])
    }
  })

  it.each([
    '',
    'ftp://stats.example',
    'https://stats.example/?a=1',
    'https://stats.example/#a',
    '/stats',
    7,
    null,
  ])('refuse the base URL %j', (apiUrl) => {
    expect(() => createServerTracker({ trackingCode: 'ZV_TEST1', apiUrl: apiUrl as string })).toThrow(
      /apiUrl must be/,
    )
  })

  it('are refused if there are none', () => {
    expect(() => createServerTracker(undefined as never)).toThrow(/trackingCode .+ apiUrl/)
  })
})

describe('events', () => {
  it('are sent together after a second, in order, to the collector of the site', async () => {
    const { tracker, clock, requests } = openTracker()
    const outcomes = [
      tracker.track('signup', { ...EVENT, properties: { plan: 'pro' } }),
      tracker.pageview({ ...EVENT, visitorId: 'visitor-1', referrer: 'https://a.example/' }),
      tracker.goal('order', { ...EVENT, properties: { value: 3 } }),
      tracker.revenue(-12.5, 'EUR', EVENT),
      tracker.identify('user 7', { ...EVENT, properties: { team: 'x' } }),
    ]
    await clock.pass(999)
    expect(requests).toHaveLength(0)
    await clock.pass(1)

    expect(requests).toHaveLength(1)
    expect(requests[0]!.url).toBe('https://stats.example/base/e/ZV_TEST1')
    expect(requests[0]!.headers.get('content-type')).toBe('application/json')
    expect(requests[0]!.events).toMatchObject([
      { event_type: 'custom', event_name: 'signup', properties: { plan: 'pro' }, age_ms: 1_000 },
      { event_type: 'pageview', visitor_id: 'visitor-1', referrer: 'https://a.example/' },
      { event_type: 'goal', event_name: 'order', properties: { value: 3 } },
      { event_type: 'revenue', properties: { amount: -12.5, currency: 'EUR' } },
      { event_type: 'identify', user_id: 'user 7', properties: { team: 'x' } },
    ])
    expect(requests[0]!.events[0]).not.toHaveProperty('retry')
    const stored = await Promise.all(outcomes)
    expect(stored.map(({ status }) => status)).toEqual(Array(5).fill('stored'))
    expect(stored.map(({ eventId }) => eventId)).toEqual(requests[0]!.events.map(({ event_id }) => event_id))
    expect(clock.timers()).toBe(0)
  })

  it('of the past have the time they say, whatever the clock does meanwhile', async () => {
    const { tracker, clock, requests } = openTracker()
    void tracker.track('a', { ...EVENT, at: clock.now() - HOUR_MS })
    void tracker.track('b', { ...EVENT, at: new Date(clock.now() - 2 * HOUR_MS) })
    clock.jump(24 * HOUR_MS)
    await clock.pass(SECOND_MS)
    clock.jump(-48 * HOUR_MS)
    void tracker.track('c', EVENT)
    await clock.pass(SECOND_MS)
    expect(requests.flatMap(({ events }) => events.map(({ age_ms }) => age_ms))).toEqual([
      HOUR_MS + SECOND_MS,
      2 * HOUR_MS + SECOND_MS,
      SECOND_MS,
    ])
  })

  it('that JSON would change are refused alone, and the others are sent', async () => {
    const { tracker, clock, requests } = openTracker()
    const cyclic: Record<string, unknown> = { name: 'x' }
    cyclic['self'] = cyclic
    const getter = Object.defineProperty({}, 'url', {
      enumerable: true,
      get: () => {
        throw new Error('from the getter')
      },
    })
    const invalid = [
      tracker.track('a', { ...EVENT, at: Number.NaN }),
      tracker.track('a', { ...EVENT, properties: cyclic as never }),
      tracker.track('a', { ...EVENT, properties: { n: 1n, date: new Date(), list: [1] } as never }),
      tracker.track('a', getter as never),
      tracker.revenue(Number.NaN, 'EUR', EVENT),
      tracker.track('a', { ...EVENT, at: clock.now() - 8 * 24 * HOUR_MS }),
      tracker.track('a', { ...EVENT, at: clock.now() + HOUR_MS }),
    ]
    const good = tracker.track('good', { ...EVENT, properties: { gone: undefined } as never })
    await clock.pass(SECOND_MS)

    const errors = await Promise.all(invalid.map((promise) => promise.catch((error: IngestError) => error)))
    for (const error of errors) expect(error).toMatchObject({ code: 'VALIDATION_ERROR', status: 0 })
    const fields = errors.map((error) => (error as IngestError).details.map(({ field }) => field))
    expect(fields).toEqual([
      ['at'],
      ['properties.self'],
      ['properties.n', 'properties.date', 'properties.list'],
      ['event'],
      ['properties.amount'],
      ['at'],
      ['at'],
    ])
    expect(errors[3]).toMatchObject({
      details: [{ field: 'event', reason: expect.stringContaining('from the getter') as string }],
    })
    await expect(good).resolves.toMatchObject({ status: 'stored' })
    expect(requests).toHaveLength(1)
    expect(requests[0]!.events).toHaveLength(1)
    expect(tracker.stats()).toMatchObject({ refused: invalid.length, stored: 1, waiting: 0 })
  })

  it('are settled one by one from a mixed answer', async () => {
    const { tracker, clock, replies } = openTracker()
    replies.push(() =>
      Response.json({
        success: true,
        accepted: 1,
        rejected: [{ index: 0, error: { code: 'BOT_REJECTED', message: 'Bot.' } }],
      }),
    )
    const outcomes = [tracker.track('a', EVENT), tracker.track('b', EVENT)]
    await clock.pass(SECOND_MS)
    expect(await Promise.all(outcomes.map(codeOf))).toEqual(['BOT_REJECTED', 'stored'])
  })

  it('with a key say whether they are duplicates', async () => {
    const { tracker, clock, replies, requests } = openTracker({ apiKey: 'zv_key' })
    replies.push(() =>
      Response.json({
        success: true,
        data: {
          results: [
            { index: 0, status: 'duplicate' },
            {
              index: 1,
              status: 'rejected',
              error: {
                code: 'VALIDATION_ERROR',
                message: 'No.',
                details: [{ field: 'url', reason: 'is odd' }],
              },
            },
            { index: 2, status: 'stored' },
          ],
        },
      }),
    )
    const outcomes = [tracker.track('a', EVENT), tracker.track('b', EVENT), tracker.track('c', EVENT)]
    await clock.pass(SECOND_MS)
    expect(requests[0]).toMatchObject({ url: 'https://stats.example/base/api/v1/events' })
    expect(requests[0]!.headers.get('x-api-key')).toBe('zv_key')
    await expect(outcomes[0]).resolves.toMatchObject({ status: 'duplicate' })
    await expect(outcomes[1]).rejects.toMatchObject({ details: [{ field: 'url', reason: 'is odd' }] })
    await expect(outcomes[2]).resolves.toMatchObject({ status: 'stored' })
    expect(tracker.stats()).toMatchObject({ stored: 1, duplicates: 1, refused: 1 })
  })

  it('of a request without a valid event get their own faults', async () => {
    const { tracker, clock, replies } = openTracker()
    replies.push(() =>
      refuse(400, {
        code: 'VALIDATION_ERROR',
        details: [
          { field: '[0].url', reason: 'a' },
          { field: '[1]', reason: 'b' },
        ],
      }),
    )
    const outcomes = [tracker.track('a', EVENT), tracker.track('b', EVENT)]
    await clock.pass(SECOND_MS)
    await expect(outcomes[0]).rejects.toMatchObject({ details: [{ field: 'url', reason: 'a' }] })
    await expect(outcomes[1]).rejects.toMatchObject({ details: [{ field: '', reason: 'b' }] })
  })

  it('that nobody waits for are no unhandled rejection', async () => {
    const seen = vi.fn()
    process.on('unhandledRejection', seen)
    const { tracker, clock, replies } = openTracker()
    replies.push(() => refuse(403, { code: 'FORBIDDEN' }))
    void tracker.track('a', EVENT)
    void tracker.track('', EVENT)
    await clock.pass(SECOND_MS)
    await new Promise((resolve) => setTimeout(resolve, 10))
    process.off('unhandledRejection', seen)
    expect(seen).not.toHaveBeenCalled()
  })
})
