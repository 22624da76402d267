import { expect, it } from 'vitest'
import { CATCH_UP_MINUTES, dueMinutes, lastWholeMinute } from '../../src/alerts/evaluate.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const NOON = Date.UTC(2026, 1, 28, 12)
/** Five seconds after the minute, when its events are stored. */
const due = (evaluatedTo: number, minute: number) => dueMinutes(evaluatedTo, minute + 5_000)

it('returns a minute for evaluation five seconds after it ends', () => {
  expect(lastWholeMinute(NOON + 4_999)).toBe(NOON - MINUTE_MS)
  expect(lastWholeMinute(NOON + 5_000)).toBe(NOON)
})

it('returns each minute that is due for evaluation once, in order', () => {
  expect(due(NOON, NOON)).toEqual([])
  expect(due(NOON, NOON + MINUTE_MS)).toEqual([NOON + MINUTE_MS])
  expect(due(NOON, NOON + 3 * MINUTE_MS)).toEqual([1, 2, 3].map((minute) => NOON + minute * MINUTE_MS))
})

it('returns at most the minutes of the last two hours', () => {
  expect(due(NOON, NOON + HOUR_MS)).toHaveLength(60)
  expect(due(NOON, NOON + 2 * HOUR_MS)).toHaveLength(CATCH_UP_MINUTES)
  const late = due(NOON, NOON + 30 * HOUR_MS)
  expect([late.length, late[0], late.at(-1)]).toEqual([
    CATCH_UP_MINUTES,
    NOON + 28 * HOUR_MS + MINUTE_MS,
    NOON + 30 * HOUR_MS,
  ])
})

it('returns the next minute without delay after the clock was set back', () => {
  expect(due(NOON, NOON - HOUR_MS)).toEqual([NOON - HOUR_MS])
  expect(due(NOON - HOUR_MS, NOON - HOUR_MS + MINUTE_MS)).toEqual([NOON - HOUR_MS + MINUTE_MS])
})
