import { describe, expect, it } from 'vitest'
import { addDays, daysOf, startOfDate, startOfDay } from '../../src/reports/period.js'

const HOUR_MS = 60 * 60 * 1000

/** Time zones with noon of the days on which their clocks changed. */
const CHANGES = [
  ['Europe/Zurich', '2026-03-29'],
  ['Europe/Zurich', '2026-10-25'],
  ['America/New_York', '2026-11-01'],
  // Midnight does not exist.
  ['America/Sao_Paulo', '2018-11-04'],
  ['Asia/Beirut', '2026-03-29'],
  ['Africa/Cairo', '2026-04-24'],
  // Midnight occurs twice.
  ['America/Havana', '2026-11-01'],
  ['America/Sao_Paulo', '2018-02-18'],
  // Changes by half an hour.
  ['Australia/Lord_Howe', '2026-04-05'],
  // 30 December was skipped.
  ['Pacific/Apia', '2011-12-30'],
  ['Asia/Kathmandu', '2026-01-01'],
] as const

const AROUND = CHANGES.flatMap(([zone, date]) =>
  Array.from(
    { length: 5 * 48 },
    (_, step) => [zone, Date.parse(date) + (step - 96) * (HOUR_MS / 2)] as const,
  ),
)

// Created once per zone, because creation is slow.
const formats = new Map(
  CHANGES.map(([zone]) => [zone, new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' })]),
)
const dateOf = (zone: string, moment: number) =>
  formats.get(zone as (typeof CHANGES)[number][0])!.format(moment)

describe('startOfDay', () => {
  it('returns the first moment of a day according to Intl', () => {
    for (const [zone, moment] of AROUND) {
      const start = startOfDay(moment, zone)
      const where = `${zone} ${new Date(moment).toISOString()}`
      expect(start, where).toBeLessThanOrEqual(moment)
      expect(dateOf(zone, start), where).toBe(dateOf(zone, moment))
      // Clocks may go back by an hour, but never by more.
      for (const before of [1, HOUR_MS / 2, HOUR_MS])
        expect(dateOf(zone, start - before) < dateOf(zone, moment), where).toBe(true)
    }
  })

  it('returns the same start of day for a moment and for its date', () => {
    for (const [zone, moment] of AROUND)
      expect(startOfDate(dateOf(zone, moment), zone), `${zone} ${new Date(moment).toISOString()}`).toBe(
        startOfDay(moment, zone),
      )
  })
})

describe('daysOf', () => {
  it('returns every date of a period once, and no other date', () => {
    for (const [zone, date] of CHANGES) {
      const middle = Date.parse(date)
      const period = { from: startOfDay(middle - 60 * HOUR_MS, zone), to: middle + 60 * HOUR_MS }
      const dates = new Set(
        Array.from({ length: 2 * 160 }, (_, step) => period.from + (step * HOUR_MS) / 2)
          .filter((moment) => moment < period.to)
          .map((moment) => dateOf(zone, moment)),
      )
      expect(
        daysOf(period, zone).map((day) => day.date),
        zone,
      ).toEqual([...dates])
    }
  })

  it('returns days of 23 and 25 hours when the clocks change', () => {
    const lengths = (from: string, to: string) => {
      const starts = daysOf({ from: Date.parse(from), to: Date.parse(to) }, 'Europe/Zurich').map(
        ({ start }) => start,
      )
      return starts.slice(1).map((start, index) => (start - starts[index]!) / HOUR_MS)
    }
    expect(lengths('2026-03-27T23:00Z', '2026-03-30T22:00Z')).toEqual([24, 23])
    expect(lengths('2026-10-23T22:00Z', '2026-10-26T23:00Z')).toEqual([24, 25])
  })

  it('starts the first day at the beginning of the period', () => {
    expect(
      daysOf({ from: Date.parse('2026-01-01T10:00Z'), to: Date.parse('2026-01-02T10:00Z') }, 'UTC'),
    ).toEqual([
      { date: '2026-01-01', start: Date.parse('2026-01-01T10:00Z') },
      { date: '2026-01-02', start: Date.parse('2026-01-02T00:00Z') },
    ])
  })
})

it('adds days in local time', () => {
  expect(addDays(Date.parse('2026-03-28T11:00Z'), 1, 'Europe/Zurich')).toBe(Date.parse('2026-03-29T10:00Z'))
})

it('rejects invalid dates', () => {
  for (const date of ['2026-02-30', '2026-13-01', '0000-00-00'])
    expect(startOfDate(date, 'UTC')).toBeUndefined()
})
