import type { FastifyBaseLogger } from 'fastify'
import type { ControlStore } from '../control/control-store.js'
import type { Site } from '../control/sites.js'
import { MINUTE_MS } from '../durations.js'
import { ApiError, describeError } from '../errors.js'
import type { AlertStore, Evaluation, Trigger } from './alert-store.js'
import type { Alert, AlertRule, AlertState, Comparison, Metric } from './alert.js'
import type { Measure, Measured, Measurement } from './measure.js'
import { describeTrigger } from './notify/notification.js'
import { takeTurns } from './take-turns.js'

/**
 * Background job that evaluates alerts for every completed minute. If a run fails, the next run evaluates the
 * remaining minutes.
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
  /** Called with the number of new triggers after they were stored. */
  onTriggers: (count: number) => void
  log: Pick<FastifyBaseLogger, 'info' | 'error'>
  /** Returns the Unix time in milliseconds. */
  now: () => number
}

// Interval between two runs, which limits how late a completed minute is evaluated.
const INTERVAL_MS = 10_000
// Alerts of an account are saved in groups, because every transaction blocks the process during a write to
// disk.
const ALERTS_PER_TRANSACTION = 100
// An account has one query at a time. With two side by side, an account with slow queries leaves the other
// place to everybody else, and the store has at most two queries of alerts.
export const ACCOUNTS_AT_ONCE = 2
// A query that fails may be one account's own, such as one that takes too long. When those of a second account
// fail as well, the store is probably unavailable.
const MAX_FAILED_ACCOUNTS = 2
/**
 * Evaluation intervals of metrics that need expensive queries. All other metrics are evaluated every minute.
 */
const METRIC_INTERVALS_MS: Partial<Record<Metric, number>> = { traffic_spike: 5 * MINUTE_MS }

interface SiteAlert {
  alert: Alert
  site: Site
}

/** The progress of one run of the job. */
interface Run {
  /** Unix time in milliseconds at which the run started. It evaluates the minutes that had ended by then. */
  until: number
  signal: AbortSignal
  /** Whether all due minutes of all alerts have been evaluated so far. */
  isComplete: boolean
}

/**
 * Creates the job that evaluates the alerts of all sites, minute by minute. Accounts take turns with each
 * measurement, so that an account with many alerts or many minutes to catch up with does not delay others.
 */
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
   * Evaluates an alert for all due minutes, and yields after each measurement. Stops at the first minute that
   * cannot be measured. Returns undefined if no minute was evaluated.
   */
  async function* evaluateAlert(
    { alert, site }: SiteAlert,
    run: Run,
  ): AsyncGenerator<void, Evaluation | undefined> {
    const triggers: Trigger[] = []
    let { state } = alert
    for (const at of dueMinutes(alert.state.evaluatedTo, run.until)) {
      if (hasEnded(run)) {
        run.isComplete = false
        break
      }
      const isSkipped = at % (METRIC_INTERVALS_MS[alert.metric] ?? MINUTE_MS) !== 0
      let measured: Measurement = { value: undefined, volume: 0 }
      try {
        if (!isSkipped) measured = await measure(alert, site, at)
      } catch (error) {
        // An ApiError means that the event store is unreachable, so no alert of the account can be evaluated.
        if (error instanceof ApiError) throw error
        run.isComplete = false
        log.error({ alert: alert.id, error: describeError(error) }, 'alert evaluation failed; will retry')
        break
      }
      const { state: next, hasFired } = evaluateMinute(alert, state, { ...measured, at })
      state = next
      if (hasFired) triggers.push(describeTrigger(alert, at, measured))
      if (!isSkipped) yield
    }
    return state === alert.state ? undefined : { alert, state, triggers }
  }

  /** Evaluates the alerts of an account and saves the results. Yields after each measurement. */
  async function* evaluateAccount(alerts: readonly SiteAlert[], run: Run): AsyncGenerator<void, void> {
    let evaluations: Evaluation[] = []
    for (const alert of alerts) {
      const evaluation = yield* evaluateAlert(alert, run)
      if (evaluation) evaluations.push(evaluation)
      if (evaluations.length < ALERTS_PER_TRANSACTION) continue
      await saveEvaluations(evaluations)
      evaluations = []
    }
    if (!run.signal.aborted) await saveEvaluations(evaluations)
  }

  /**
   * Checks whether a run must end. When the next minute has ended, the next run evaluates it for all accounts,
   * and continues with those that this run has not finished.
   */
  function hasEnded({ until, signal }: Run): boolean {
    return signal.aborted || lastWholeMinute(now()) > lastWholeMinute(until)
  }

  async function saveEvaluations(evaluations: Evaluation[]): Promise<void> {
    const stored = evaluations.length > 0 ? await store.saveEvaluations(evaluations) : 0
    if (stored === 0) return
    for (const { alert, triggers } of evaluations)
      if (triggers.length > 0)
        log.info({ alert: alert.id, site: alert.siteId, triggers: triggers.length }, 'alert fired')
    onTriggers(stored)
  }

  /** Resolves to the alerts of each account, those that have waited longest first. */
  async function listAlertsOfAccounts(): Promise<SiteAlert[][]> {
    const sites = new Map<string, Site | undefined>()
    const accounts = new Map<string, SiteAlert[]>()
    const alerts = await store.listEvaluatedAlerts()
    // The sort is stable, so alerts with the same site and window still follow each other and share queries.
    for (const alert of alerts.toSorted((a, b) => a.state.evaluatedTo - b.state.evaluatedTo)) {
      if (!sites.has(alert.siteId)) sites.set(alert.siteId, await control.findSite(alert.siteId))
      const site = sites.get(alert.siteId)
      if (!site) continue
      const account = accounts.get(site.accountId)
      if (account) account.push({ alert, site })
      else accounts.set(site.accountId, [{ alert, site }])
    }
    return [...accounts.values()]
  }

  return {
    name: 'alert-evaluation',
    everyMs: INTERVAL_MS,
    runAtStart: true,
    async run(signal) {
      const run: Run = { until: now(), signal, isComplete: true }
      // Most runs return here, because the job runs several times a minute, but each minute is evaluated only
      // once.
      if (lastWholeMinute(run.until) === evaluatedTo) return
      const accounts = await listAlertsOfAccounts()
      await takeTurns(
        accounts.map((alerts) => evaluateAccount(alerts, run)),
        { atOnce: ACCOUNTS_AT_ONCE, maxFailures: MAX_FAILED_ACCOUNTS },
      )
      if (run.isComplete) evaluatedTo = lastWholeMinute(run.until)
    },
  }
}

// Received events are stored within a few seconds, even under load.
const STORED_WITHIN_MS = 5_000
/**
 * Maximum number of past minutes that are evaluated after the collector or its store was unavailable. Older
 * minutes are skipped.
 */
export const CATCH_UP_MINUTES = 120

/** Returns the end of the last completed minute for which all received events are already stored. */
export function lastWholeMinute(now: number): number {
  return Math.floor((now - STORED_WITHIN_MS) / MINUTE_MS) * MINUTE_MS
}

/**
 * Returns the end times of the minutes to evaluate, in ascending order. If the system clock was set back,
 * returns only the last completed minute, so that evaluation does not stop until the clock catches up.
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
 * Computes the state of an alert for the minute that ended at `at`, and whether the alert fires. A firing
 * alert must clear before it can fire again. If the condition becomes true during the cool-down and stays
 * true, the alert fires when the cool-down ends.
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
 * Checks whether an alert is in its cool-down. Compares the absolute time difference, because an alert must
 * not stay silent for hours after the system clock was set back.
 */
function isCoolingDown({ coolDownMinutes }: AlertRule, firedAt: number | null, at: number): boolean {
  return firedAt !== null && Math.abs(at - firedAt) < coolDownMinutes * MINUTE_MS
}
