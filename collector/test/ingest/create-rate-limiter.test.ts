import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRateLimiter } from '../../src/ingest/create-rate-limiter.js'

const START = Date.UTC(2026, 0, 1)

describe('createRateLimiter', () => {
  it('lets 60 through in any ten seconds, never more, and refuses none under both limits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 50, maxLength: 300 }), (gaps) => {
        const limiter = createRateLimiter()
        const allowed: number[] = []
        let now = START
        for (const gap of gaps) {
          now += gap
          const inWindow = allowed.filter((time) => time > now - 10_000).length
          const wait = limiter.take('client', 1, now)
          expect(wait > 0).toBe(inWindow >= 60)
          if (wait === 0) allowed.push(now)
        }
      }),
    )
  })

  it('lets 5,000 through in an hour', () => {
    const limiter = createRateLimiter()
    let allowed = 0
    // One request in 500 ms stays below the burst limit: 7,200 an hour.
    for (let i = 0; i < 7_200; i++) if (limiter.take('client', 1, START + i * 500) === 0) allowed++
    expect(allowed).toBe(5_000)
    expect(limiter.take('other', 1, START + 3_600_000)).toBe(0)
  })

  it('says how long to wait: after that, the same request passes', () => {
    const limiter = createRateLimiter()
    for (let i = 0; i < 60; i++) limiter.take('client', 1, START + i * 100)
    const wait = limiter.take('client', 1, START + 6_000)
    expect(wait).toBe(4)
    expect(limiter.take('client', 1, START + 6_000 + wait * 1000)).toBe(0)
  })

  it('counts a batch as its events, and takes it whole or not at all', () => {
    const limiter = createRateLimiter()
    expect(limiter.take('client', 40, START)).toBe(0)
    expect(limiter.take('client', 30, START)).toBeGreaterThan(0)
    expect(limiter.take('client', 20, START)).toBe(0)
  })
})
