import { afterEach, describe, expect, it, vi } from 'vitest'
import { IngestError } from '../../src/server/ingest-error.js'
import {
  codeOf,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  closeNow,
  EVENT,
  openTracker,
  refuse,
  succeed,
} from './open-tracker.js'

afterEach(() => vi.restoreAllMocks())

describe('a failure', () => {
  it.each([
    ['a lost connection', () => new TypeError('fetch failed')],
    ['status 503', () => refuse(503, { code: 'STORE_UNAVAILABLE' })],
    ['status 500 of something between', () => new Response('<h1>Oops</h1>', { status: 500 })],
    ['status 408', () => new Response('', { status: 408 })],
    ['a login page with status 200', () => new Response('<form>', { status: 200 })],
    ['an empty answer', () => new Response('')],
    ['JSON of another server', () => Response.json({ ok: true })],
    ['an answer that is cut off', () => new Response('{"success":tr')],
    [
      'an endless answer',
      () =>
        new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(1024 * 1024)) })),
    ],
  ])('is tried again with the same IDs after %s', async (_, reply) => {
    const { tracker, clock, replies, requests } = openTracker()
    replies.push(reply, reply)
    const outcome = tracker.track('a', EVENT)
    await clock.pass(SECOND_MS)
    expect(tracker.stats().failures).toBe(1)
    await clock.pass(4 * SECOND_MS)
    await expect(outcome).resolves.toMatchObject({ status: 'stored' })
    expect(requests).toHaveLength(3)
    const [first, second] = requests
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(500)
    expect(second!.events[0]).toMatchObject({ event_id: first!.events[0]!.event_id, retry: true })
    expect(second!.events[0]!.age_ms).toBe(SECOND_MS + second!.at - first!.at)
    expect(tracker.stats().failures).toBe(0)
  })

  it('with a key needs a result for each event', async () => {
    const { tracker, clock, replies, requests } = openTracker({ apiKey: 'zv_key' })
    replies.push(() => Response.json({ success: true, data: { results: [] } }))
    const outcome = tracker.track('a', EVENT)
    await clock.pass(5 * SECOND_MS)
    await expect(outcome).resolves.toMatchObject({ status: 'stored' })
    expect(requests).toHaveLength(2)
  })

  it.each([
    ['20', 20 * SECOND_MS],
    ['99999999', HOUR_MS],
    ['Wed, 01 Apr 2026 00:01:00 GMT', MINUTE_MS],
    ['-1', 0],
    ['soon', 0],
    ['Wed, 01 Apr 2020 00:00:00 GMT', 0],
  ])('waits for Retry-After: %s', async (value, ms) => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const { tracker, clock, replies, requests } = openTracker()
    replies.push(() =>
      refuse(
        429,
        { code: 'RATE_LIMIT_EXCEEDED' },
        { 'retry-after': value, date: 'Wed, 01 Apr 2026 00:00:00 GMT' },
      ),
    )
    void tracker.track('a', EVENT)
    await clock.pass(2 * HOUR_MS)
    expect(requests[1]!.at - requests[0]!.at).toBe(Math.max(ms, 500))
  })

  it.each([401, 403, 404])('of status %i is final, and says what to check', async (status) => {
    const { tracker, clock, replies, requests } = openTracker()
    replies.push(
      () => refuse(status, { code: 'FORBIDDEN', message: 'Exactly this.' }),
      () => new Response('Not here.', { status }),
    )
    const outcomes = [tracker.track('a', EVENT)]
    await clock.pass(MINUTE_MS)
    outcomes.push(tracker.track('b', EVENT))
    await clock.pass(MINUTE_MS)
    await expect(outcomes[0]).rejects.toThrow('Exactly this. Check apiKey, trackingCode and apiUrl.')
    await expect(outcomes[1]).rejects.toThrow(
      `status ${status}) does not come from a collector. Check apiUrl.`,
    )
    expect(requests).toHaveLength(2)
  })

  it('by a redirect is final, and says where it leads', async () => {
    const { tracker, clock, replies, requests } = openTracker()
    replies.push(() => new Response('', { status: 302, headers: { location: 'https://login.example' } }))
    const outcome = tracker.track('a', EVENT)
    await clock.pass(MINUTE_MS)
    await expect(outcome).rejects.toThrow('status 302, to https://login.example')
    expect(requests).toHaveLength(1)
  })

  it('halves a request that is too large, until one event is refused alone', async () => {
    const { tracker, clock, requests, replies, trackMany } = openTracker()
    const reply: (typeof replies)[number] = (request) => {
      replies.push(reply)
      return request.events.some(({ event_name }) => event_name === 'event 5')
        ? refuse(413, { code: 'PAYLOAD_TOO_LARGE' })
        : succeed(request)
    }
    replies.push(reply)
    const outcomes = trackMany(8)
    await clock.pass(MINUTE_MS)
    expect(await Promise.all(outcomes.map(codeOf))).toEqual(
      outcomes.map((_, n) => (n === 5 ? 'PAYLOAD_TOO_LARGE' : 'stored')),
    )
    expect(Math.max(...requests.map(({ events }) => events.length))).toBe(8)
    expect(tracker.stats().waiting).toBe(0)
  })

  it('is given up by age, not by count', async () => {
    const onDrop = vi.fn()
    const { tracker, clock, replies, requests } = openTracker({ onDrop })
    const reply: (typeof replies)[number] = () => (replies.push(reply), new TypeError('fetch failed'))
    replies.push(reply)
    const outcome = codeOf(tracker.track('a', EVENT))
    await clock.pass(6 * HOUR_MS - 2 * MINUTE_MS)
    expect(requests.length).toBeGreaterThan(300)
    expect(tracker.stats()).toMatchObject({ waiting: 1, failures: requests.length })
    await clock.pass(3 * MINUTE_MS)
    expect(await outcome).toBe('EXPIRED')
    expect(tracker.stats()).toMatchObject({ waiting: 0, lost: 1 })
    expect(onDrop).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({
        code: 'EXPIRED',
        message: expect.stringContaining('fetch failed') as string,
      }) as IngestError,
      expect.objectContaining({ event_name: 'a', url: EVENT.url }),
    )
    expect(clock.timers()).toBe(0)
  })

  it('is given up after a number of attempts if one is given', async () => {
    const { tracker, clock, replies, requests } = openTracker({ attempts: 2 })
    replies.push(
      () => refuse(503, { code: 'STORE_UNAVAILABLE' }),
      () => refuse(503, { code: 'STORE_UNAVAILABLE' }),
    )
    const outcome = codeOf(tracker.track('a', EVENT))
    await clock.pass(MINUTE_MS)
    expect(await outcome).toBe('STORE_UNAVAILABLE')
    expect(requests).toHaveLength(2)
    expect(tracker.stats()).toMatchObject({ lost: 1, waiting: 0 })
  })

  it('of one request does not keep the others waiting for ever', async () => {
    const { tracker, clock, replies, trackMany } = openTracker()
    const reply: (typeof replies)[number] = (request) => {
      replies.push(reply)
      return request.events[0]!.event_name === 'poison'
        ? refuse(500, { code: 'INTERNAL_ERROR' })
        : succeed(request)
    }
    replies.push(reply)
    void tracker.track('poison', EVENT)
    await clock.pass(5 * SECOND_MS)
    const others = trackMany(100)
    await clock.pass(5 * MINUTE_MS)
    expect(await Promise.all(others.map(codeOf))).toEqual(others.map(() => 'stored'))
    expect(tracker.stats().waiting).toBe(1)
    await closeNow({ tracker, clock })
  })
})
