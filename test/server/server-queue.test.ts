import { afterEach, describe, expect, it, vi } from 'vitest'
import { HOUR_MS, MINUTE_MS, SECOND_MS, closeNow, EVENT, openTracker, refuse } from './open-tracker.js'

afterEach(() => vi.restoreAllMocks())

/** The most events that any span of `ms` has. */
const mostIn = (requests: { at: number; events: unknown[] }[], ms: number): number =>
  Math.max(
    ...requests.map(({ at: start }) =>
      requests.reduce(
        (sum, { at, events }) => (at >= start && at < start + ms ? sum + events.length : sum),
        0,
      ),
    ),
  )

describe('the pace', () => {
  it('without a key is that of an address', async () => {
    const { clock, requests, trackMany, tracker } = openTracker()
    const outcomes = trackMany(7_000)
    await clock.pass(59 * MINUTE_MS)
    expect(Math.max(...requests.map(({ events }) => events.length))).toBe(30)
    expect(requests.reduce((sum, { events }) => sum + events.length, 0)).toBe(5_000)
    await clock.pass(HOUR_MS)
    await Promise.all(outcomes)
    expect(mostIn(requests, 10 * SECOND_MS)).toBe(60)
    expect(mostIn(requests, HOUR_MS)).toBe(5_000)
    expect(tracker.stats()).toMatchObject({ stored: 7_000, waiting: 0 })
  })

  it('with a key is that of its limit', async () => {
    const { clock, requests, trackMany, replies } = openTracker({ apiKey: 'zv_key' })
    const limited: (typeof replies)[number] = (request) => {
      replies.push(limited)
      const results = request.events.map((_, index) => ({ index, status: 'stored' }))
      return Response.json(
        { success: true, data: { results } },
        {
          headers: {
            'x-ratelimit-remaining': requests.length % 3 === 0 ? '0' : '5',
            'x-ratelimit-reset': `${Math.ceil(clock.now() / 1000) + 30}`,
          },
        },
      )
    }
    replies.push(limited)
    const outcomes = trackMany(6_000)
    await clock.pass(2 * SECOND_MS)
    expect(requests.length).toBeLessThanOrEqual(4)
    await clock.pass(5 * MINUTE_MS)
    await Promise.all(outcomes)
    expect(Math.max(...requests.map(({ events }) => events.length))).toBe(1_000)
  })

  it('has at most two requests in flight', async () => {
    const { clock, requests, trackMany, replies } = openTracker({ apiKey: 'zv_key' })
    replies.push(...Array.from({ length: 2 }, () => () => new Promise<Response>(() => {})))
    void trackMany(5_000)
    await clock.pass(MINUTE_MS)
    expect(requests).toHaveLength(2)
  })
})

describe('the queue', () => {
  it('refuses the new event when it is full, counts it, tells it and warns once a minute', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const onDrop = vi.fn(() => {
      throw new Error('of the caller')
    })
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { clock, replies, tracker, trackMany } = openTracker({ onDrop })
    const down: (typeof replies)[number] = () => (
      replies.push(down),
      refuse(503, { code: 'STORE_UNAVAILABLE' })
    )
    replies.push(down)
    void trackMany(10_000)
    const refused = trackMany(3)
    for (const outcome of refused) await expect(outcome).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    await clock.pass(MINUTE_MS)
    await expect(tracker.track('a', EVENT)).rejects.toMatchObject({ code: 'QUEUE_FULL' })

    expect(tracker.stats()).toMatchObject({ queueFull: 4, waiting: 10_000, lost: 0 })
    expect(onDrop).toHaveBeenCalledTimes(4)
    expect(error).toHaveBeenCalledTimes(4)
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('1 events refused')],
      [expect.stringMatching(/4 events refused.+No\./)],
    ])
    await closeNow({ tracker, clock })
  })

  it('is full at 16 MiB', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { tracker } = openTracker({ apiKey: 'zv_key' })
    const properties = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [`property ${n}`, 'x'.repeat(500)]),
    )
    let accepted = 0
    while (tracker.stats().queueFull === 0) {
      void tracker.track('large', { ...EVENT, properties })
      accepted++
    }
    expect(tracker.stats().waitingBytes).toBeGreaterThan(15.9 * 1024 * 1024)
    expect(tracker.stats().waitingBytes).toBeLessThanOrEqual(16 * 1024 * 1024)
    expect(accepted).toBeLessThan(1_200)
  })

  it('has room for an event of any size, also when bytes fill it', async () => {
    const { clock, tracker } = openTracker({ apiKey: 'zv_key' })
    const properties = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [`property ${n}`, 'x'.repeat(500 - (n % 7))]),
    )
    const importing = (async () => {
      for (let n = 0; n < 1_500; n++) {
        await tracker.room()
        void tracker.track('large', { ...EVENT, properties })
      }
    })()
    await clock.pass(MINUTE_MS)
    await importing
    await clock.pass(MINUTE_MS)
    expect(tracker.stats()).toMatchObject({ stored: 1_500, queueFull: 0 })
  })

  it('gives room to those who wait for it, in turn', async () => {
    const { clock, tracker, trackMany } = openTracker({ apiKey: 'zv_key' })
    await tracker.room()
    void trackMany(10_000)
    const importers = Array.from({ length: 50 }, async (_, n) => {
      await tracker.room()
      return tracker.track(`import ${n}`, EVENT)
    })
    await clock.pass(MINUTE_MS)
    expect((await Promise.all(importers)).map(({ status }) => status)).toEqual(Array(50).fill('stored'))
    expect(tracker.stats()).toMatchObject({ stored: 10_050, queueFull: 0 })
  })
})

describe('flush', () => {
  it('waits for the events accepted before it, also when two overlap and more come meanwhile', async () => {
    const { clock, replies, tracker, trackMany } = openTracker({ apiKey: 'zv_key' })
    const answers: (() => void)[] = []
    const slow: (typeof replies)[number] = (request) => {
      replies.push(slow)
      return new Promise((resolve) =>
        answers.push(() =>
          resolve(
            Response.json({
              success: true,
              data: { results: request.events.map((_, index) => ({ index, status: 'stored' })) },
            }),
          ),
        ),
      )
    }
    replies.push(slow)
    const ended: string[] = []
    void trackMany(3)
    const first = tracker.flush().then(() => ended.push('first'))
    void trackMany(2)
    const second = tracker.flush().then(() => ended.push('second'))
    await clock.pass(1)
    void trackMany(1)
    expect(answers).toHaveLength(2)
    answers[0]!()
    await first
    expect(ended).toEqual(['first'])
    answers[1]!()
    await second
    expect(tracker.stats()).toMatchObject({ stored: 5, waiting: 1 })
    await closeNow({ tracker, clock })
  })

  it('ends after its time, or by its signal', async () => {
    const { clock, replies, tracker, trackMany } = openTracker()
    replies.push(() => new Promise<Response>(() => {}))
    void trackMany(2)
    const limited = tracker.flush({ timeoutMs: 5 * SECOND_MS })
    const ending = new AbortController()
    const aborted = tracker.flush({ signal: ending.signal })
    ending.abort(new Error('by the caller'))
    await expect(aborted).rejects.toThrow('by the caller')
    await expect(tracker.flush({ signal: ending.signal })).rejects.toThrow('by the caller')
    await clock.pass(5 * SECOND_MS)
    await expect(limited).resolves.toMatchObject({ waiting: 2 })
  })

  it('follows at the end of the task if the runtime has to be kept awake', async () => {
    const waiting: Promise<unknown>[] = []
    const { requests, trackMany, tracker } = openTracker({
      waitUntil: (promise) => void waiting.push(promise),
    })
    void trackMany(3)
    expect(waiting).toHaveLength(1)
    await Promise.all(waiting)
    expect(requests.map(({ events }) => events.length)).toEqual([3])
    void trackMany(1)
    await Promise.all(waiting)
    expect(waiting).toHaveLength(2)
    expect(tracker.stats()).toMatchObject({ stored: 4, waiting: 0 })
  })
})

describe('close', () => {
  it('waits for what was accepted, and refuses what comes later', async () => {
    const { clock, tracker, trackMany } = openTracker()
    void trackMany(3)
    const closing = tracker.close()
    await expect(tracker.track('late', EVENT)).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(closing).resolves.toMatchObject({ stored: 3, refused: 1, lost: 0, waiting: 0 })
    expect(clock.timers()).toBe(0)
  })

  it('loses what has no outcome in time, and says so', async () => {
    const onDrop = vi.fn()
    const { clock, replies, tracker, trackMany } = openTracker({ onDrop })
    let isAborted = false
    replies.push(
      () => refuse(503, { code: 'STORE_UNAVAILABLE' }, { 'retry-after': '600' }),
      () => new Promise<Response>(() => {}),
    )
    const outcomes = trackMany(2)
    const closing = tracker.close({ timeoutMs: 10 * SECOND_MS }).finally(() => (isAborted = true))
    await clock.pass(9 * SECOND_MS)
    expect(isAborted).toBe(false)
    await clock.pass(SECOND_MS)
    await expect(closing).resolves.toMatchObject({ stored: 0, lost: 2, waiting: 0, requestsInFlight: 0 })
    for (const outcome of outcomes) await expect(outcome).rejects.toMatchObject({ code: 'CLOSED' })
    expect(onDrop).toHaveBeenCalledTimes(2)
    expect(clock.timers()).toBe(0)
  })
})
