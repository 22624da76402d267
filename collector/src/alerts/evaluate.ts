import type { FastifyBaseLogger } from 'fastify'
import type { ControlStore } from '../control/control-store.js'
import type { Site } from '../control/sites.js'
import { MINUTE_MS } from '../durations.js'
import { ApiError, describeError } from '../errors.js'
import type { AlertStore, Evaluation, Trigger } from './alert-store.js'
import type { Alert, AlertRule, AlertState, Comparison, Metric } from './alert.js'
import type { Measure, Measured } from './measure.js'
import { describeTrigger } from './notify/notification.js'

/**
 * Background job: evaluates every minute that is over. Minutes left by a failed run are evaluated by the
 * next.
 */
export interface AlertEvaluation {
  name: string
  everyMs: number
  runAtStart: boolean
  run(signal: AbortSignal): Promise<void>
}

export interface AlertEvaluationServices {
  store: Pick<AlertStore, 'listEvaluatedAlerts' | 'saveEvaluations'>
  control: Pick<ControlStore, 'findSite'>
  measure: Measure
  /** Receives the number of stored triggers. */
  onTriggers: (count: number) => void
  log: Pick<FastifyBaseLogger, 'info' | 'error'>
  /** ms since the epoch. */
  now: () => number
}

// The longest delay from the end of a minute to its evaluation.
const INTERVAL_MS = 10_000
// Batched, because each transaction blocks the process until the disk has written it.
const ALERTS_PER_TRANSACTION = 100
/** Metrics that query a whole week are evaluated less often. */
const METRIC_INTERVALS_MS: Partial<Record<Metric, number>> = { traffic_spike: 5 * MINUTE_MS }

/** Evaluates the alerts of all sites, minute by minute. */
export function createAlertEvaluation({
  store,
  control,
  measure,
  onTriggers,
  log,
  now,
}: AlertEvaluationServices): AlertEvaluation {
  let evaluatedTo: number | undefined

  /**
   * Evaluates an alert up to the first minute that cannot be measured; no `evaluation` when nothing is due.
   */
  async function evaluate(
    { alert, site, until }: { alert: Alert; site: Site; until: number },
    signal: AbortSignal,
  ): Promise<{ evaluation?: Evaluation; isComplete: boolean }> {
    const triggers: Trigger[] = []
    let { state } = alert
    let isComplete = true
    try {
      for (const at of dueMinutes(alert.state.evaluatedTo, until)) {
        if (signal.aborted) break
        const isSkipped = at % (METRIC_INTERVALS_MS[alert.metric] ?? MINUTE_MS) !== 0
        const measured = isSkipped ? { value: undefined, volume: 0 } : await measure(alert, site, at)
        const { state: next, hasFired } = evaluateMinute(alert, state, { ...measured, at })
        state = next
        if (hasFired) triggers.push(describeTrigger(alert, at, measured))
      }
    } catch (error) {
      // An ApiError means that the store is unreachable, which affects every alert.
      if (error instanceof ApiError) throw error
      isComplete = false
      log.error({ alert: alert.id, error: describeError(error) }, 'alert evaluation failed; will retry')
    }
    return { ...(state !== alert.state && { evaluation: { alert, state, triggers } }), isComplete }
  }

  async function saveEvaluations(evaluations: Evaluation[]): Promise<void> {
    const stored = evaluations.length > 0 ? await store.saveEvaluations(evaluations) : 0
    if (stored === 0) return
    for (const { alert, triggers } of evaluations)
      if (triggers.length > 0)
        log.info({ alert: alert.id, site: alert.siteId, triggers: triggers.length }, 'alert fired')
    onTriggers(stored)
  }

  return {
    name: 'alert-evaluation',
    everyMs: INTERVAL_MS,
    runAtStart: true,
    async run(signal) {
      const until = now()
      // Most runs return here, because the minute is already evaluated.
      if (lastWholeMinute(until) === evaluatedTo) return
      const sites = new Map<string, Site | undefined>()
      const alerts = await store.listEvaluatedAlerts()
      let isDone = true
      for (let start = 0; start < alerts.length; start += ALERTS_PER_TRANSACTION) {
        const evaluations: Evaluation[] = []
        for (const alert of alerts.slice(start, start + ALERTS_PER_TRANSACTION)) {
          if (signal.aborted) return
          if (!sites.has(alert.siteId)) sites.set(alert.siteId, await control.findSite(alert.siteId))
          const site = sites.get(alert.siteId)
          if (!site) continue
          const { evaluation, isComplete } = await evaluate({ alert, site, until }, signal)
          if (evaluation) evaluations.push(evaluation)
          isDone &&= isComplete
        }
        if (signal.aborted) return
        await saveEvaluations(evaluations)
      }
      if (isDone) evaluatedTo = lastWholeMinute(until)
    },
  }
}

// An event is stored a fraction of a second after its receipt, under load some seconds.
const STORED_WITHIN_MS = 5_000
/** Minutes left unevaluated for longer, while the collector or its store was down, are skipped. */
export const CATCH_UP_MINUTES = 120

/** The end of the last minute whose events are all stored. */
export function lastWholeMinute(now: number): number {
  return Math.floor((now - STORED_WITHIN_MS) / MINUTE_MS) * MINUTE_MS
}

/**
 * The ends of the minutes to evaluate now, in order. After the clock was set back its minutes are evaluated
 * again: they are new ones, and an alert waiting for the old time would miss them.
 */
export function dueMinutes(evaluatedTo: number, now: number): number[] {
  const last = lastWholeMinute(now)
  if (last === evaluatedTo) return []
  if (last < evaluatedTo) return [last]
  const first = Math.max(evaluatedTo + MINUTE_MS, last - (CATCH_UP_MINUTES - 1) * MINUTE_MS)
  return Array.from({ length: (last - first) / MINUTE_MS + 1 }, (_, index) => first + index * MINUTE_MS)
}

const COMPARE: Record<Comparison, (value: number, threshold: number) => boolean> = {
  '>': (value, threshold) => value > threshold,
  '>=': (value, threshold) => value >= threshold,
  '<': (value, threshold) => value < threshold,
  '<=': (value, threshold) => value <= threshold,
}

/**
 * Advances an alert by the minute that ended at `at`. It fires once when the condition becomes true, and
 * again only after the value returned past the hysteresis. A condition that became true during the cool-down
 * and still holds at its end fires then.
 */
export function evaluateMinute(
  rule: AlertRule,
  before: AlertState,
  { at, value, volume }: Measured & { at: number },
): { state: AlertState; hasFired: boolean } {
  const state = { ...before, evaluatedTo: at, value: value ?? before.value }
  if (value === undefined || volume < rule.minimumVolume) return { state, hasFired: false }
  if (!holds(rule, value, before.isFiring)) return { state: { ...state, isFiring: false }, hasFired: false }
  if (before.isFiring || isCoolingDown(rule, before.firedAt, at)) return { state, hasFired: false }
  return { state: { ...state, isFiring: true, firedAt: at }, hasFired: true }
}

function holds({ comparison, threshold, hysteresis }: AlertRule, value: number, isFiring: boolean): boolean {
  const back = isFiring ? hysteresis : 0
  return COMPARE[comparison](value, comparison.startsWith('>') ? threshold - back : threshold + back)
}

/**
 * Distance counts in both directions: after the clock was set back an hour, the alert is not silent for an
 * hour.
 */
function isCoolingDown({ coolDownMinutes }: AlertRule, firedAt: number | null, at: number): boolean {
  return firedAt !== null && Math.abs(at - firedAt) < coolDownMinutes * MINUTE_MS
}
