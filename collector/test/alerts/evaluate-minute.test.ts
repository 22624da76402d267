import { expect, it } from 'vitest'
import type { AlertRule, Comparison } from '../../src/alerts/alert.js'
import { evaluateMinute } from '../../src/alerts/evaluate.js'
import { makeAlert } from '../support/make-alert.js'

const MINUTE_MS = 60_000

/**
 * The minutes in which an alert fires for a series of values, one a minute from minute 1; undefined is a
 * minute without a value.
 */
function fireOn(rule: Partial<AlertRule>, values: readonly (number | undefined)[], volume = 1_000): number[] {
  const alert = makeAlert(rule)
  let { state } = alert
  return values.flatMap((value, index) => {
    const judged = evaluateMinute(alert, state, { at: (index + 1) * MINUTE_MS, value, volume })
    state = judged.state
    expect(state.evaluatedTo).toBe((index + 1) * MINUTE_MS)
    return judged.hasFired ? [index + 1] : []
  })
}

it.each<[Comparison, number[], number[]]>([
  ['>', [10, 11, 12, 10, 11], [2, 5]],
  ['>=', [9, 10, 11, 9.99, 10], [2, 5]],
  ['<', [10, 9, 8, 10, 9], [2, 5]],
  ['<=', [11, 10, 9, 10.01, 10], [2, 5]],
])('triggers an alert once each time its value becomes %s the threshold', (comparison, values, fires) => {
  expect(fireOn({ comparison, threshold: 10 }, values)).toEqual(fires)
})

it('triggers an alert in the first minute if its condition is already true', () => {
  expect(fireOn({}, [11, 12])).toEqual([1])
})

it.each<[Comparison, number[], number[]]>([
  ['>', [11, 10, 11, 8.1, 11, 8, 11], [1, 7]],
  ['>=', [10, 9, 10, 8, 10, 7.9, 10], [1, 7]],
  ['<', [9, 10, 9, 11.9, 9, 12, 9], [1, 7]],
  ['<=', [10, 11, 10, 12, 10, 12.1, 10], [1, 7]],
])('triggers an alert on %s again only after its value moved back by 2', (comparison, values, fires) => {
  expect(fireOn({ comparison, threshold: 10, hysteresis: 2 }, values)).toEqual(fires)
})

it('triggers an alert again only after its cool-down', () => {
  expect(fireOn({ coolDownMinutes: 5 }, [11, 9, 11, 9, 9, 9, 11])).toEqual([1, 7])
  expect(fireOn({ coolDownMinutes: 5 }, [11, 9, 11, 11, 11, 11, 11, 11])).toEqual([1, 6])
  expect(fireOn({ coolDownMinutes: 5 }, [11, 11, 11, 11, 11, 11, 11, 11])).toEqual([1])
})

it('keeps the state of an alert while its value is unknown or its volume is below the minimum', () => {
  expect(fireOn({ minimumVolume: 50 }, [11, 9, 11], 49)).toEqual([])
  expect(fireOn({ minimumVolume: 50 }, [11, 9, 11], 50)).toEqual([1, 3])
  expect(fireOn({}, [11, undefined, 11, 9, undefined, 11])).toEqual([1, 6])
})

it('keeps the last known value of an alert if its current value is unknown', () => {
  const alert = makeAlert()
  const { state } = evaluateMinute(alert, alert.state, { at: MINUTE_MS, value: 7, volume: 1 })
  expect(evaluateMinute(alert, state, { at: 2 * MINUTE_MS, value: undefined, volume: 0 }).state).toEqual({
    isFiring: false,
    evaluatedTo: 2 * MINUTE_MS,
    value: 7,
    firedAt: null,
  })
})

it('does not extend the cool-down of an alert if the clock was set back by an hour', () => {
  const alert = makeAlert({
    coolDownMinutes: 30,
    state: { isFiring: false, evaluatedTo: 100 * MINUTE_MS, value: 9, firedAt: 100 * MINUTE_MS },
  })
  expect(evaluateMinute(alert, alert.state, { at: 40 * MINUTE_MS, value: 11, volume: 1 }).hasFired).toBe(true)
  expect(evaluateMinute(alert, alert.state, { at: 71 * MINUTE_MS, value: 11, volume: 1 }).hasFired).toBe(
    false,
  )
})
