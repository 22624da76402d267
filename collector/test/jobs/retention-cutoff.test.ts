import fc from 'fast-check'
import { expect, it } from 'vitest'
import { retentionCutoff } from '../../src/jobs/expire-events.js'

const cutoff = (now: string, months: number) =>
  new Date(retentionCutoff(Date.parse(now), months)).toISOString().slice(0, 16)

it('returns midnight on the same day, the given number of calendar months earlier', () => {
  expect(cutoff('2026-11-21T10:30:00Z', 25)).toBe('2024-10-21T00:00')
  expect(cutoff('2026-01-01T00:00:00Z', 1)).toBe('2025-12-01T00:00')
  expect(cutoff('2026-11-21T23:59:59.999Z', 120)).toBe('2016-11-21T00:00')
})

it('returns the last day of a shorter month, not a day of the next month', () => {
  expect(cutoff('2026-03-31T12:00:00Z', 1)).toBe('2026-02-28T00:00')
  expect(cutoff('2028-03-31T12:00:00Z', 1)).toBe('2028-02-29T00:00')
  expect(cutoff('2028-02-29T12:00:00Z', 12)).toBe('2027-02-28T00:00')
})

it('returns a midnight in the expected month for any date', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2100, 0) }),
      fc.integer({ min: 1, max: 120 }),
      (now, months) => {
        const before = new Date(retentionCutoff(now, months))
        const today = new Date(now)
        const apart =
          (today.getUTCFullYear() - before.getUTCFullYear()) * 12 + today.getUTCMonth() - before.getUTCMonth()
        return (
          apart === months && before.getUTCDate() <= today.getUTCDate() && before.getTime() % 86_400_000 === 0
        )
      },
    ),
  )
})
