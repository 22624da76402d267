import { setTimeout } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { ControlStore } from '../control/control-store.js'
import type { Site } from '../control/sites.js'
import { MINUTE_MS } from '../durations.js'
import { ApiError, describeError } from '../errors.js'
import type { AlertStore, Trigger, Evaluation } from './alert-store.js'
import type { Alert, AlertRule, AlertState, Comparison, Metric } from './alert.js'
import type { Measure } from './measure.js'
import { describeTrigger } from './notify/notification.js'

interface AlertEvaluation {
  /** Judges every minute that is over. Never rejects, and never runs twice at once. Meant to be called every {@link WATCH_INTERVAL_MS}. */
  tick(): Promise<void>
  /** Ends soon: what is being judged is judged again after the next start. */
  stop(): Promise<void>
}

export interface AlertEvaluationServices {
  store: Pick<AlertStore, 'listEvaluatedAlerts' | 'saveEvaluations'>
  control: Pick<ControlStore, 'findSite'>
  measure: Measure
  /** Told that so many crossings are stored. */
  onCrossings: (count: number) => void
  log: Pick<FastifyBaseLogger, 'info' | 'error'>
  /** ms since the epoch. */
  now: () => number
}

/** A minute is judged at most so much late. */
export const WATCH_INTERVAL_MS = 10_000
// Each transaction waits for the disk, and the process with it.
const ALERTS_AT_ONCE = 100
const STOP_PATIENCE_MS = 500
/** What asks for a whole week is asked less often. */
const PACES_MS: Partial<Record<Metric, number>> = { traffic_spike: 5 * MINUTE_MS }

/** Judges the alerts of all sites, minute by minute. What fails is logged, and its minutes are judged with the next tick. */
export function createAlertEvaluation({
  store,
  control,
  measure,
  onCrossings,
  log,
  now,
}: AlertEvaluationServices): AlertEvaluation {
  let running: Promise<void> | undefined
  let judgedTo: number | undefined
  let isStopped = false

  /** The verdict on an alert, as far as its figures can be had; undefined when nothing is due. */
  async function judge(
    alert: Alert,
    site: Site,
    until: number,
  ): Promise<{ verdict?: Evaluation; isWhole: boolean }> {
    const triggers: Trigger[] = []
    let { state } = alert
    let isWhole = true
    try {
      for (const at of dueMinutes(alert.state.judgedTo, until)) {
        if (isStopped) break
        const isPaused = at % (PACES_MS[alert.metric] ?? MINUTE_MS) !== 0
        const measured = isPaused ? { value: undefined, volume: 0 } : await measure(alert, site, at)
        const { state: next, hasFired } = evaluateMinute(alert, state, { ...measured, at })
        state = next
        if (hasFired) triggers.push(describeTrigger(alert, at, measured))
      }
    } catch (error) {
      // The store is away for the others, too.
      if (error instanceof ApiError) throw error
      isWhole = false
      log.error(
        { alert: alert.id, error: describeError(error) },
        'an alert could not be judged; it is tried again',
      )
    }
    return { ...(state !== alert.state && { verdict: { alert, state, triggers } }), isWhole }
  }

  async function judgeAll(): Promise<void> {
    const until = now()
    // Most ticks find the minute judged already: they cost nothing.
    if (lastWholeMinute(until) === judgedTo) return
    const sites = new Map<string, Site | undefined>()
    const alerts = await store.listEvaluatedAlerts()
    let isDone = true
    for (let start = 0; start < alerts.length; start += ALERTS_AT_ONCE) {
      const verdicts: Evaluation[] = []
      for (const alert of alerts.slice(start, start + ALERTS_AT_ONCE)) {
        if (isStopped) break
        if (!sites.has(alert.siteId)) sites.set(alert.siteId, await control.findSite(alert.siteId))
        const site = sites.get(alert.siteId)
        if (!site) continue
        const { verdict, isWhole } = await judge(alert, site, until)
        if (verdict) verdicts.push(verdict)
        isDone &&= isWhole
      }
      if (isStopped) return
      const told = verdicts.length > 0 ? await store.saveEvaluations(verdicts) : 0
      if (told === 0) continue
      for (const { alert, triggers } of verdicts)
        if (triggers.length > 0)
          log.info({ alert: alert.id, site: alert.siteId, triggers: triggers.length }, 'an alert fired')
      onCrossings(told)
    }
    if (isDone) judgedTo = lastWholeMinute(until)
  }

  return {
    tick: () =>
      (running ??= judgeAll()
        .catch((error: unknown) =>
          log.error({ error: describeError(error) }, 'alerts could not be judged; it is tried again'),
        )
        .finally(() => (running = undefined))),
    async stop() {
      isStopped = true
      // A question that hangs is not waited for: nothing is stored of its answer.
      await Promise.race([running, setTimeout(STOP_PATIENCE_MS, undefined, { ref: false })])
    },
  }
}

// An event is stored a fraction of a second after it was received, in a rush some seconds.
const STORED_WITHIN_MS = 5_000
/** Older minutes that nobody judged, because the collector or its store was away, are left out. */
export const CATCH_UP_MINUTES = 120

/** The end of the last minute whose events are stored by now. */
export function lastWholeMinute(now: number): number {
  return Math.floor((now - STORED_WITHIN_MS) / MINUTE_MS) * MINUTE_MS
}

/**
 * The ends of the minutes that are to be judged now, in order. After a clock was set back its minutes are judged again: they are new ones, and an
 * alert that waited for the old time to come would miss them.
 */
export function dueMinutes(judgedTo: number, now: number): number[] {
  const last = lastWholeMinute(now)
  if (last === judgedTo) return []
  if (last < judgedTo) return [last]
  const first = Math.max(judgedTo + MINUTE_MS, last - (CATCH_UP_MINUTES - 1) * MINUTE_MS)
  return Array.from({ length: (last - first) / MINUTE_MS + 1 }, (_, index) => first + index * MINUTE_MS)
}

/** What was measured for a minute; `value` is undefined where there is none, as of a rate of nothing. */
export interface Measured {
  value: number | undefined
  /** Visitors in the window. */
  volume: number
}

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
export function evaluateMinute(
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
