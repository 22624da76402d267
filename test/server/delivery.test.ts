import { setTimeout as sleep } from 'node:timers/promises'
import { createApiKey } from '@zenovay/collector'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { startTestCollector, type TestCollector } from '../../collector/test/support/start-test-collector.js'
import type { Clock } from '../../src/server/clock.js'
import { createServerTracker } from '../../src/server/create-server-tracker.js'
import type { IngestError } from '../../src/server/ingest-error.js'
import type { StoredEvent } from '../../src/server/server-tracker.js'
import { startFaultProxy, type Accident, type FaultProxy } from './fault-proxy.js'

const ACCIDENTS: Accident[] = [
  'reset before the collector',
  'reset after the collector',
  'cut answer',
  'limit',
  'unavailable',
  'login page',
  'slow',
]
const SPEED = 20

let collector: TestCollector
let apiKey: string
let proxy: FaultProxy | undefined
beforeAll(async () => {
  collector = await startTestCollector()
  const { secret, record } = createApiKey(
    { name: 'w', siteId: collector.site.id, scope: 'write' },
    Date.now(),
  )
  await collector.collector.control.addApiKey(record)
  apiKey = secret
})
afterAll(() => collector.close())
afterEach(() => proxy?.close())

/** Pauses take a twentieth of their time. */
const fastClock: Clock = {
  now: () => Date.now(),
  steadyNow: () => performance.now() * SPEED,
  setTimer(run, ms) {
    const timer = setTimeout(run, ms / SPEED)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

it('tells the truth of 20,000 events, and stores each once, whatever happens on the way', async () => {
  let requests = 0
  proxy = await startFaultProxy(
    () => collector.url,
    () => {
      // The limit of the key is tested elsewhere.
      if (++requests % 50 === 0) collector.passMinute()
      return requests % 2 ? undefined : ACCIDENTS[(requests / 2) % ACCIDENTS.length]
    },
  )
  const tracker = createServerTracker({
    trackingCode: collector.site.trackingCode,
    apiUrl: proxy.url,
    apiKey,
    clock: fastClock,
  })
  const outcomes: Promise<StoredEvent | IngestError>[] = []
  for (let n = 0; n < 20_000; n++) {
    await tracker.room()
    const isInvalid = n % 100 === 7
    outcomes.push(
      tracker
        .track('delivery', {
          url: 'https://example.com/',
          sessionId: `session-${n % 500}`,
          eventId: `delivery-${n}`,
          properties: { n, ...(isInvalid && { nested: { a: 1 } as never }) },
        })
        .catch((error: IngestError) => error),
    )
    // Many small requests.
    if (n % 80 === 0) await sleep(1)
    if (n % 400 === 0) void tracker.flush()
  }
  const totals = await tracker.close({ timeoutMs: 10 * 60_000 * SPEED })
  const known = await Promise.all(outcomes)

  expect(totals).toMatchObject({ lost: 0, queueFull: 0, waiting: 0, refused: 200, requestsInFlight: 0 })
  expect(totals.stored + totals.duplicates).toBe(19_800)
  expect(known.map((outcome) => ('eventId' in outcome ? outcome.eventId : outcome.code))).toEqual(
    known.map((_, n) => (n % 100 === 7 ? 'VALIDATION_ERROR' : `delivery-${n}`)),
  )
  expect([...proxy.accidents.keys()].sort()).toEqual([...ACCIDENTS, 'none'].sort())
  expect(
    await collector.select(
      `SELECT toUInt32(count()) AS events, toUInt32(uniqExact(JSONExtractInt(properties, 'n'))) AS different FROM events WHERE event_name = 'delivery'`,
    ),
  ).toEqual([{ events: 19_800, different: 19_800 }])
})

it('sends 90 events without a key, and is never limited', async () => {
  proxy = await startFaultProxy(
    () => collector.url,
    () => undefined,
  )
  const tracker = createServerTracker({ trackingCode: collector.site.trackingCode, apiUrl: proxy.url })
  for (let n = 0; n < 90; n++)
    void tracker.pageview({
      url: `https://example.com/${n}`,
      sessionId: 'keyless-1',
      eventId: `keyless-${n}`,
    })
  await expect(tracker.close()).resolves.toMatchObject({ stored: 90, refused: 0, lost: 0 })
  expect(proxy.statuses).toEqual(proxy.statuses.map(() => 200))
  expect(
    await collector.select(`SELECT toUInt32(count()) AS events FROM events WHERE session_id = 'keyless-1'`),
  ).toEqual([{ events: 90 }])
})

it('lists every fault of each event that the collector refuses', async () => {
  const tracker = createServerTracker({ trackingCode: collector.site.trackingCode, apiUrl: collector.url })
  const properties = Object.fromEntries(Array.from({ length: 31 }, (_, n) => [`p${n}`, n]))
  const outcomes = [
    tracker.track('', { url: 'nowhere', sessionId: 'short', properties }),
    tracker.pageview(undefined as never),
    tracker.pageview({ url: 'https://example.com/', sessionId: 'session-1' }),
  ]
  await tracker.close()
  await expect(outcomes[0]).rejects.toMatchObject({
    code: 'VALIDATION_ERROR',
    details: ['session_id', 'url', 'event_name', 'properties'].map((field) => ({
      field,
      reason: expect.any(String) as string,
    })),
  })
  await expect(outcomes[1]).rejects.toThrow(/session_id is missing · url is missing/)
  await expect(outcomes[2]).resolves.toMatchObject({ status: 'stored' })
})

it('says what the collector refuses', async () => {
  const code = collector.site.trackingCode
  const event = { url: 'https://example.com/', sessionId: 'session-1' }
  const send = async (options: { trackingCode?: string; apiKey?: string; userAgent?: string }) => {
    const tracker = createServerTracker({ trackingCode: code, apiUrl: collector.url, ...options })
    const outcome = tracker.track('a', event)
    await tracker.close()
    return outcome
  }
  await expect(send({ userAgent: 'curl/8.0' })).rejects.toMatchObject({ code: 'VALIDATION_ERROR' })
  await expect(send({ userAgent: 'curl/8.0' })).rejects.toThrow('looks like a bot')
  await expect(send({ trackingCode: 'ZV_NOBODY1' })).rejects.toMatchObject({ code: 'UNKNOWN_TRACKING_CODE' })
  await expect(send({ apiKey: 'zv_nobody' })).rejects.toMatchObject({ code: 'UNAUTHORIZED', status: 401 })
  await expect(send({ apiKey: collector.apiKey })).rejects.toThrow(/scope write.+Check apiKey/)
  await expect(send({ apiKey })).resolves.toMatchObject({ status: 'stored' })
})
