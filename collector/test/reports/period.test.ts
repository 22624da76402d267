import type { Fault } from '@zenovay/tracker/contract'
import { describe, expect, it } from 'vitest'
import { isAllowedPeriod, type PeriodQuery, previousOf, parsePeriod } from '../../src/reports/period.js'

// Wednesday noon in Zurich, three days after clocks went forward.
const now = Date.parse('2026-04-01T10:00:00Z')
const clock = { timeZone: 'Europe/Zurich', now }
const at = (text: string) => Date.parse(text)

const read = (query: PeriodQuery, zone = 'Europe/Zurich') => {
  const faults: Fault[] = []
  const { period } = parsePeriod(query, { timeZone: zone, now }, faults)
  return { period, faults }
}
const faultOf = (query: PeriodQuery) => read(query).faults.map(({ field, reason }) => `${field} ${reason}`)

describe('a period', () => {
  it.each([
    [{}, '2026-03-25T23:00Z'],
    [{ range: '24h' }, '2026-03-31T10:00Z'],
    [{ timeRange: '7d' }, '2026-03-25T23:00Z'],
    [{ range: '30d' }, '2026-03-02T23:00Z'],
    [{ range: '1y' }, '2025-04-01T22:00Z'],
  ] satisfies [PeriodQuery, string][])(
    'parses the range %j into a period that ends now, in the time zone of the site',
    (query, from) => {
      expect(read(query)).toEqual({ period: { from: at(from), to: now + 1 }, faults: [] })
    },
  )

  it.each([
    [{ from: '2026-03-29', to: '2026-03-29' }, '2026-03-28T23:00Z', '2026-03-29T22:00Z'],
    [{ from: '2026-03-01', to: '2026-03-31' }, '2026-02-28T23:00Z', '2026-03-31T22:00Z'],
    [
      { from: '2026-03-29T00:00', to: '2026-03-29T12:00:00.5' },
      '2026-03-28T23:00Z',
      '2026-03-29T10:00:00.5Z',
    ],
    [
      { from: '2026-03-29T00:00:00Z', to: '2026-03-29T12:00:00-05:00' },
      '2026-03-29T00:00Z',
      '2026-03-29T17:00Z',
    ],
    [{ from: '2026-03-29T00:00:00Z', to: '2026-03-30' }, '2026-03-29T00:00Z', '2026-03-30T22:00Z'],
  ] satisfies [PeriodQuery, string, string][])('includes both days of the period %j', (query, from, to) => {
    expect(read(query)).toEqual({ period: { from: at(from), to: at(to) }, faults: [] })
  })

  it('ends a period now if its last day is not over yet', () => {
    for (const query of [
      { from: '2026-03-30' },
      { from: '2026-03-30', to: '2026-04-01' },
      { from: '2026-03-30', to: '2027-01-01' },
    ])
      expect(read(query).period.to).toBe(now + 1)
  })

  it('includes all hours of a day that has no midnight', () => {
    const { period } = read({ from: '2025-04-25', to: '2025-04-25' }, 'Africa/Cairo')
    expect(period).toEqual({ from: at('2025-04-24T22:00Z'), to: at('2025-04-25T21:00Z') })
  })

  it.each([
    [{ to: '2026-03-01' }, ['from is required with to']],
    [
      { from: '2026-02-30' },
      [
        'from must be a date such as 2026-03-29, or a date-time such as 2026-03-29T14:00:00Z (+ is written %2B)',
      ],
    ],
    [
      { from: '2026-03-01T10:00:00 01:00', to: 'tomorrow' },
      [
        'from must be a date such as 2026-03-29, or a date-time such as 2026-03-29T14:00:00Z (+ is written %2B)',
        'to must be a date such as 2026-03-29, or a date-time such as 2026-03-29T14:00:00Z (+ is written %2B)',
      ],
    ],
    [{ from: '2026-03-02', to: '2026-03-01' }, ['to must be after from']],
    [{ from: '2026-04-02', to: '2026-04-03' }, ['from must not be in the future']],
    [{ from: '1999-12-31', to: '2000-02-01' }, ['from must be in 2000 or later']],
    [{ from: '2024-02-29', to: '2026-03-31' }, ['from must be at most 25 months before to']],
    [{ range: '7d', from: '2026-03-01' }, ['range cannot be combined with from and to']],
    [{ range: '7d', timeRange: '7d' }, ['timeRange is an alias of range: leave one of them out']],
  ] satisfies [PeriodQuery, string[]][])('rejects the period %j', (query, faults) => {
    expect(faultOf(query)).toEqual(faults)
  })

  it('accepts a period of 25 months', () => {
    expect(faultOf({ from: '2024-03-01', to: '2026-03-31' })).toEqual([])
  })
})

describe('the previous period', () => {
  const previous = (query: PeriodQuery) => {
    const { from, to } = previousOf(read(query).period, 'Europe/Zurich')
    return [new Date(from).toISOString(), new Date(to).toISOString()]
  }
  it('returns a previous period with the same number of days', () => {
    expect(previous({ range: '7d' })).toEqual(['2026-03-18T23:00:00.000Z', '2026-03-25T11:00:00.001Z'])
    expect(previous({ from: '2026-04-01' })).toEqual(['2026-03-30T22:00:00.000Z', '2026-03-31T10:00:00.001Z'])
  })
  it('ends the previous period where a period of whole days begins', () => {
    expect(previous({ from: '2026-03-29', to: '2026-03-29' })).toEqual([
      '2026-03-27T23:00:00.000Z',
      '2026-03-28T23:00:00.000Z',
    ])
    expect(previous({ from: '2026-03-30', to: '2026-03-31' })).toEqual([
      '2026-03-27T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ])
  })
  it('returns a previous period of the same length for a period of hours', () => {
    expect(previous({ range: '24h' })).toEqual(['2026-03-30T09:59:59.999Z', '2026-03-31T10:00:00.000Z'])
    expect(previous({ from: '2026-03-31T12:00', to: '2026-03-31T18:00' })).toEqual([
      '2026-03-31T04:00:00.000Z',
      '2026-03-31T10:00:00.000Z',
    ])
  })
})

it('accepts only cursors for periods that could be requested', () => {
  expect(isAllowedPeriod({ from: now - 1, to: now }, clock)).toBe(true)
  for (const period of [
    { from: now, to: now },
    { from: now, to: now + 2 },
    { from: at('2020-01-01'), to: now },
    { from: -1e15, to: -1e15 + 1 },
  ])
    expect(isAllowedPeriod(period, clock)).toBe(false)
})
