import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Evaluation } from '../../src/alerts/alert-store.js'
import type { Alert } from '../../src/alerts/alert.js'
import { type AlertEvaluationServices, createAlertEvaluation } from '../../src/alerts/evaluate.js'
import type { Measurement } from '../../src/alerts/measure.js'
import type { Site } from '../../src/control/sites.js'
import { ApiError } from '../../src/errors.js'
import { makeAlertFields } from '../support/make-alert.js'
import { openTestControl, type TestControl } from '../support/open-test-control.js'
import { runJob } from '../support/run-job.js'

const MINUTE_MS = 60_000
const START = Date.UTC(2026, 2, 29)
// Events of a minute are stored by then.
const STORED_MS = 5_000

let store: TestControl
let site: Site
beforeEach(async () => {
  store = await openTestControl()
  site = await store.control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] })
})
afterEach(() => store.close())

const addAlert = async (fields: Parameters<typeof makeAlertFields>[0] = {}) =>
  (await store.alerts.addAlert(site.id, makeAlertFields(fields), { actor: null, at: START + STORED_MS }))!
const notices = (alert: Alert) => store.alerts.listNotifications(alert.id, 10_000)

/** An alert job over a list of values, one per minute. */
function watch(
  values: (minute: number, alert: Pick<Alert, 'metric'>) => number | Measurement,
  services: Partial<AlertEvaluationServices> & { now: () => number },
) {
  const measured: number[] = []
  const lines: unknown[] = []
  const log = {
    info: () => {},
    error: (line: unknown) => void lines.push(line),
  } as AlertEvaluationServices['log']
  const measure: AlertEvaluationServices['measure'] = async (alert, _site, at) => {
    const minute = (at - START) / MINUTE_MS
    const value = values(minute, alert)
    measured.push(minute)
    return typeof value === 'number' ? { value, volume: 1_000 } : value
  }
  const evaluation = createAlertEvaluation({
    store: store.alerts,
    control: store.control,
    onTriggers: () => {},
    log,
    measure,
    ...services,
  })
  return { measured, lines, tick: () => runJob(evaluation, (error) => lines.push(error)) }
}

/** Keeps evaluation results in memory; `flush` stores them in one step, as one long tick would. */
function openMemory(alert: Alert) {
  let current = alert
  let verdict: Evaluation = { alert, state: alert.state, triggers: [] }
  return {
    listEvaluatedAlerts: async () => [current],
    saveEvaluations: async ([next]: readonly Evaluation[]) => {
      verdict = {
        ...verdict,
        state: next!.state,
        triggers: next!.triggers.length === 0 ? verdict.triggers : [...verdict.triggers, ...next!.triggers],
      }
      current = { ...current, state: next!.state }
      return next!.triggers.length
    },
    read: () => verdict,
  }
}

describe('a noisy series', () => {
  const TICKS = 10_000
  const RULE = { threshold: 100, hysteresis: 15, coolDownMinutes: 7 }

  /** A sine wave with noise that crosses the threshold many times. */
  function makeSeries(seed: number): number[] {
    let state = seed
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
    return Array.from(
      { length: TICKS + 1 },
      (_, minute) => 100 + 20 * Math.sin(minute / 40) + 60 * (random() - 0.5),
    )
  }

  /** The minutes in which the rule fires, computed from the whole series. */
  function findTriggers(series: readonly number[]): number[] {
    const triggers: number[] = []
    let minute = 1
    while (minute <= TICKS) {
      const last = triggers.at(-1) ?? -Infinity
      if (!(series[minute]! > RULE.threshold) || minute - last < RULE.coolDownMinutes) {
        minute++
        continue
      }
      triggers.push(minute)
      while (minute <= TICKS && series[minute]! > RULE.threshold - RULE.hysteresis) minute++
    }
    return triggers
  }

  it('triggers an alert once for each threshold crossing in 10,000 minutes with ten restarts', async () => {
    const series = makeSeries(1)
    const alert = await addAlert(RULE)
    let now = START + STORED_MS
    let ticks = 0
    for (let restart = 0; restart <= 10; restart++) {
      const memory = openMemory((await store.alerts.listEvaluatedAlerts())[0]!)
      const { tick } = watch((minute) => series[minute]!, { store: memory, now: () => now })
      const end = restart === 10 ? TICKS : (restart + 1) * 907
      // Every life but the last loses up to an hour of evaluations.
      const lost = restart === 10 ? 0 : (restart * 13) % 60
      let stored = memory.read()
      for (; ticks < end; ticks++) {
        now += MINUTE_MS
        await tick()
        if (ticks < end - lost) stored = memory.read()
      }
      await store.alerts.saveEvaluations([stored])
      await store.reopen()
    }
    const triggers = findTriggers(series)
    expect(triggers.length).toBeGreaterThan(200)
    expect((await notices(alert)).map(({ at }) => (at - START) / MINUTE_MS).reverse()).toEqual(triggers)
  })
})

it('queues the notifications of an alert in the transaction that records its trigger', async () => {
  const alert = await addAlert({
    destinations: [{ type: 'webhook' }, { type: 'slack', sealed: 's' }, { type: 'email', sealed: 'e' }],
  })
  const told: number[] = []
  const services = {
    now: () => START + MINUTE_MS + STORED_MS,
    onTriggers: (count: number) => void told.push(count),
  }
  // Only one of two collectors sends the notification.
  const [first, second] = [watch(() => 1543, services), watch(() => 1543, services)]
  await Promise.all([first.tick(), second.tick()])
  expect(told).toEqual([1])
  const claimed = await store.alerts.claimNotifications({
    now: START + MINUTE_MS,
    leaseUntil: START + 2 * MINUTE_MS,
    limit: 10,
    limitOfAccount: 10,
    inFlight: new Map(),
  })
  const crossing = {
    key: `${alert.id} ${START + MINUTE_MS}`,
    event: 'alert',
    at: START + MINUTE_MS,
    siteId: site.id,
    alertId: alert.id,
    attempts: 1,
    data: {
      siteId: site.id,
      alertId: alert.id,
      alertName: 'Rush',
      condition: 'pageviews > 10',
      currentValue: 1543,
      threshold: 10,
    },
  }
  expect(claimed).toMatchObject([
    { ...crossing, destination: { type: 'webhook' } },
    { ...crossing, destination: { type: 'slack', sealed: 's' } },
    { ...crossing, destination: { type: 'email', sealed: 'e' } },
  ])
  expect((await store.alerts.findAlert(alert.id))!.state).toEqual({
    isFiring: true,
    evaluatedTo: START + MINUTE_MS,
    value: 1543,
    firedAt: START + MINUTE_MS,
  })
})

it('evaluates a traffic spike alert every five minutes', async () => {
  const alert = await addAlert({ metric: 'traffic_spike', threshold: 2, name: 'Spike' })
  const { tick, measured } = watch(
    () => ({ value: 3.1, volume: 310, spike: { currentVisitors: 310, baseline: 99.6 } }),
    { now: () => START + 12 * MINUTE_MS + STORED_MS },
  )
  await tick()
  expect(measured).toEqual([5, 10])
  const [notice, ...others] = await store.alerts.claimNotifications({
    now: START + 12 * MINUTE_MS,
    leaseUntil: 0,
    limit: 10,
    limitOfAccount: 10,
    inFlight: new Map(),
  })
  expect(others).toEqual([])
  expect(notice).toMatchObject({
    event: 'traffic_spike',
    data: {
      siteId: site.id,
      alertId: alert.id,
      alertName: 'Spike',
      spikeDetected: true,
      currentVisitors: 310,
      baseline: 100,
      thresholdMultiplier: 2,
    },
  })
})

it('evaluates alerts for each minute that was missed while the event store was unavailable', async () => {
  const alert = await addAlert()
  let isAway = true
  let now = START + STORED_MS
  const { tick, measured, lines } = watch(
    (minute) => {
      if (isAway) throw new ApiError('STORE_UNAVAILABLE')
      return minute === 2 || minute === 4 ? 11 : 0
    },
    { now: () => now },
  )
  for (let minute = 1; minute <= 5; minute++) {
    now += MINUTE_MS
    await tick()
  }
  expect([measured, lines.length]).toEqual([[], 5])
  isAway = false
  await tick()
  expect(measured).toEqual([1, 2, 3, 4, 5])
  expect((await notices(alert)).map(({ at }) => (at - START) / MINUTE_MS)).toEqual([4, 2])
})

it('runs no alert query until the next minute has ended', async () => {
  await addAlert()
  let now = START + MINUTE_MS + STORED_MS
  const { tick, measured } = watch(() => 0, { now: () => now })
  for (; now < START + 2 * MINUTE_MS + STORED_MS; now += 10_000) await tick()
  expect(measured).toEqual([1])
  await tick()
  expect(measured).toEqual([1, 2])
})

it('evaluates an alert even if another alert cannot be evaluated', async () => {
  await addAlert({ metric: 'errors' })
  const alert = await addAlert()
  const { tick, lines } = watch(
    (_, { metric }) => {
      if (metric === 'errors') throw new Error('a fault of ours')
      return 11
    },
    { now: () => START + MINUTE_MS + STORED_MS },
  )
  await tick()
  expect(await notices(alert)).toHaveLength(1)
  expect(lines).toMatchObject([{ error: 'a fault of ours' }])
})

it('sends one alert notification if two collectors evaluate the same minute', async () => {
  const alert = await addAlert()
  const services = { now: () => START + MINUTE_MS + STORED_MS }
  await Promise.all([watch(() => 11, services).tick(), watch(() => 11, services).tick()])
  expect(await notices(alert)).toHaveLength(1)
})

it('discards the evaluation of an alert that was changed meanwhile', async () => {
  const alert = await addAlert()
  const now = START + MINUTE_MS + STORED_MS
  const { tick } = watch(() => 11, {
    now: () => now,
    store: {
      ...store.alerts,
      saveEvaluations: async (verdicts) => (
        await store.alerts.updateAlert(alert.id, { threshold: 20 }, { actor: null, at: now }),
        store.alerts.saveEvaluations(verdicts)
      ),
    },
  })
  await tick()
  expect(await notices(alert)).toEqual([])
  expect((await store.alerts.findAlert(alert.id))!.state).toMatchObject({
    isFiring: false,
    evaluatedTo: START + MINUTE_MS,
  })
})

describe('a clock that jumps', () => {
  const HOUR_MINUTES = 60
  /** Values by the minute that the clock shows. */
  const series = (minute: number) => (minute % 100 === 50 ? 11 : 0)
  const jumps = [HOUR_MINUTES, -HOUR_MINUTES, 1, -1, 119, -119]
  const moments = [30, 49, 51, 120]

  it.each(jumps.flatMap((jump) => moments.map((moment) => [jump, moment] as const)))(
    'triggers an alert once per threshold crossing after a clock jump by %i minutes at minute %i',
    async (jump, moment) => {
      const alert = await addAlert()
      let now = START + STORED_MS
      const memory = openMemory(alert)
      const { tick, measured } = watch(series, { store: memory, now: () => now })
      for (let minute = 0; minute < 300; minute++) {
        now += (minute === moment ? jump + 1 : 1) * MINUTE_MS
        await tick()
      }
      await store.alerts.saveEvaluations([memory.read()])
      const last = 300 + jump
      const told = (await notices(alert)).map(({ at }) => (at - START) / MINUTE_MS).sort((a, b) => a - b)
      expect(told).toEqual([50, 150, 250, 350].filter((minute) => minute <= last))
      expect(new Set(measured)).toEqual(
        new Set(
          Array.from(
            { length: Math.max(last, moment) - Math.min(1, 1 + moment + jump) + 1 },
            (_, index) => Math.min(1, 1 + moment + jump) + index,
          ),
        ),
      )
    },
  )
})
