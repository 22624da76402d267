import { expect, it } from 'vitest'
import { DAY_MS } from '../../../../src/durations.js'
import { splitIntoRollups } from '../../../../src/stores/clickhouse/rollups/period.js'

const days = (...numbers: number[]) =>
  numbers.map((number) => ({ day: number * DAY_MS, build: number, visits: 10 }))
const period = (from: number, to: number) => ({ from: from * DAY_MS, to: to * DAY_MS })

it('splits a period into rolled-up days, partial days at the edges, and gaps', () => {
  expect(splitIntoRollups(period(1.5, 6.25), days(1, 2, 4, 5, 7))).toEqual({
    whole: [2, 4, 5],
    parts: [1],
    gaps: [period(3, 4), period(6, 6.25)],
    visits: 40,
  })
  expect(splitIntoRollups(period(2, 4), days(2, 3))).toEqual({
    whole: [2, 3],
    parts: [],
    gaps: [],
    visits: 20,
  })
})

it('returns undefined if no day of the period is rolled up', () => {
  expect(splitIntoRollups(period(3, 5), days(1, 2, 5))).toBeUndefined()
})

it('ignores the shortest sequences of rolled-up days if a period has too many gaps', () => {
  expect(splitIntoRollups(period(0, 12), days(1, 3, 4, 6, 8, 9, 10))).toEqual({
    whole: [3, 4, 8, 9, 10],
    parts: [],
    gaps: [period(0, 3), period(5, 8), period(11, 12)],
    visits: 50,
  })
})
