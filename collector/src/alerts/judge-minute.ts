import type { AlertRule, AlertState, Comparison } from './alert.js'

/** What was measured for a minute; `value` is undefined where there is none, as of a rate of nothing. */
export interface Measured {
  value: number | undefined
  /** Visitors in the window. */
  volume: number
}

const MINUTE_MS = 60_000

const COMPARE: Record<Comparison, (value: number, threshold: number) => boolean> = {
  '>': (value, threshold) => value > threshold,
  '>=': (value, threshold) => value >= threshold,
  '<': (value, threshold) => value < threshold,
  '<=': (value, threshold) => value <= threshold,
}

/**
 * Takes an alert one minute on: `at` is the end of the minute. It fires when the condition comes to hold, once, and not again before the value was
 * back by the hysteresis. What begins during the cool-down and still holds at its end fires then.
 */
export function judgeMinute(
  rule: AlertRule,
  before: AlertState,
  { at, value, volume }: Measured & { at: number },
): { state: AlertState; hasFired: boolean } {
  const state = { ...before, judgedTo: at, value: value ?? before.value }
  if (value === undefined || volume < rule.minimumVolume) return { state, hasFired: false }
  if (!holds(rule, value, before.isFiring)) return { state: { ...state, isFiring: false }, hasFired: false }
  if (before.isFiring || isCoolingDown(rule, before.firedAt, at)) return { state, hasFired: false }
  return { state: { ...state, isFiring: true, firedAt: at }, hasFired: true }
}

function holds({ comparison, threshold, hysteresis }: AlertRule, value: number, isFiring: boolean): boolean {
  const back = isFiring ? hysteresis : 0
  return COMPARE[comparison](value, comparison.startsWith('>') ? threshold - back : threshold + back)
}

/** A clock that was set back lies before the last firing: that counts by its distance, too, so that an hour back is no hour of silence. */
function isCoolingDown({ coolDownMinutes }: AlertRule, firedAt: number | null, at: number): boolean {
  return firedAt !== null && Math.abs(at - firedAt) < coolDownMinutes * MINUTE_MS
}
