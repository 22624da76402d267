import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRateLimiter, INGEST_RULES, LIVENESS_RULES, type RateRule } from '../../src/http/rate-limit.js'
import { createRateModel } from '../support/rate-model.js'

const HOUR_MS = 3_600_000

function startLimiter({
  rules = INGEST_RULES,
  ...bounds
}: { rules?: RateRule[]; maxClients?: number; maxRuns?: number } = {}) {
  const time = { now: 1_000 }
  const limiter = createRateLimiter({ rules, clock: () => time.now, ...bounds })
  return { time, take: (cost = 1, client = 'client') => limiter.take(client, cost) }
}

/** Time until the next request: mostly that of a busy client, and sometimes the exact edge of a window. */
const gap = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 900 }) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 12_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: HOUR_MS }) },
  {
    weight: 2,
    arbitrary: fc.record({
      back: fc.integer({ min: 1, max: 400 }),
      windowMs: fc.constantFrom(10_000, HOUR_MS),
      off: fc.constantFrom(-1, 0, 0.25, 1),
    }),
  },
)
const arrival = fc.record({
  gap,
  cost: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 30 }), fc.constant(30)),
  client: fc.constantFrom('a', 'a', 'a', 'b'),
})

describe('createRateLimiter', () => {
  it.each([
    ['events', INGEST_RULES],
    ['heartbeats', LIVENESS_RULES],
    // The same hour with a limit that random arrivals often reach.
    ['a low limit by the hour', [INGEST_RULES[0]!, { limit: 500, windowMs: HOUR_MS }]],
  ])('rejects exactly the requests over a rate limit, and returns when to retry: %s', (_name, rules) => {
    let refusals = 0
    fc.assert(
      fc.property(fc.array(arrival, { minLength: 100, maxLength: 400, size: 'max' }), (arrivals) => {
        const { time, take } = startLimiter({ rules })
        const model = createRateModel(rules)
        for (const { gap, cost, client } of arrivals) {
          const edge =
            typeof gap === 'number'
              ? time.now + gap
              : (model.passed.at(-gap.back)?.time ?? 0) + gap.windowMs + gap.off
          time.now = Math.max(time.now, edge)
          const wait = take(cost, client)
          expect(wait === 0).toBe(model.take(client, cost, time.now))
          if (wait === 0) continue
          refusals++
          expect(model.allows(client, cost, time.now + wait * 1000)).toBe(true)
          expect(model.allows(client, cost, time.now + (wait - 1) * 1000)).toBe(false)
        }
      }),
      { numRuns: 60 },
    )
    expect(refusals).toBeGreaterThan(500)
  })

  it('allows 5,000 requests per hour, and one more when the first request is an hour old', () => {
    const { time, take } = startLimiter()
    let allowed = 0
    // One request per 500 ms stays below the burst limit: 7,200 an hour.
    for (let i = 0; i < 7_200; i++, time.now += 500) if (take() === 0) allowed++
    expect(allowed).toBe(5_000)
    time.now = 1_000 + HOUR_MS - 1
    expect(take()).toBe(1)
    time.now += 1
    expect(take()).toBe(0)
    expect(take()).toBe(1)
  })

  it('does not count rejected requests toward the rate limit', () => {
    const { time, take } = startLimiter()
    for (let i = 0; i < 60; i++) take()
    for (time.now += 1; time.now < 11_000; time.now += 1_000) expect(take()).toBeGreaterThan(0)
    time.now = 11_000
    expect(take()).toBe(0)
  })

  it('admits a batch of events as a whole or not at all', () => {
    const { take } = startLimiter()
    expect(take(40)).toBe(0)
    expect(take(30)).toBe(10)
    expect(take(20)).toBe(0)
  })

  it('evicts the least recent client if the rate limiter has too many clients', () => {
    const { take } = startLimiter({ maxClients: 3 })
    for (const client of ['a', 'b', 'c']) take(60, client)
    expect(take(1, 'a')).toBe(10)
    take(1, 'd')
    expect([take(1, 'a'), take(1, 'c'), take(1, 'd')]).toEqual([10, 10, 0])
    expect(take(1, 'b'), 'forgotten').toBe(0)
  })

  it('never evicts the current client if the rate limiter stores too many requests', () => {
    const { take } = startLimiter({ maxRuns: 60 })
    for (let i = 0; i < 30; i++) take(1, 'a')
    for (let i = 0; i < 30; i++) take(2, 'b')
    expect(take(1, 'b')).toBe(10)
    // No room is left: this evicts the history of the least recent client, a.
    take(1, 'c')
    for (let i = 0; i < 29; i++) take(2, 'a')
    expect([take(2, 'a'), take(1, 'a')]).toEqual([0, 10])
  })

  it('limits one busy client among a million other addresses in constant memory', () => {
    const { time, take } = startLimiter()
    const model = createRateModel(INGEST_RULES.slice(0, 1))
    for (let i = 0; i < 1_000_000; i++) {
      time.now += 0.125
      take(1, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
      // Eight requests a second, of which the burst limit admits six.
      if (i % 1_000 === 0) expect(take(1, 'honest') === 0).toBe(model.take('honest', 1, time.now))
    }
    expect(model.passed.length).toBe(760)
  })
})
