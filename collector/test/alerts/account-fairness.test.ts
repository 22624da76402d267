import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Evaluation } from '../../src/alerts/alert-store.js'
import type { Alert } from '../../src/alerts/alert.js'
import { type AlertEvaluationServices, createAlertEvaluation } from '../../src/alerts/evaluate.js'
import type { Site } from '../../src/control/sites.js'
import { ApiError } from '../../src/errors.js'
import { createRandom, type Random } from '../golden/create-random.js'
import { makeAlert } from '../support/make-alert.js'
import { p95 } from '../support/p95.js'
import { runJob } from '../support/run-job.js'

const MINUTE_MS = 60_000
const START = Date.UTC(2026, 2, 29)
const STORED_MS = 5_000
const EVERY_MS = 10_000
const QUERY_MS = 100
const MODEST_ACCOUNTS = 10

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => void vi.useRealTimers())

interface Greedy {
  alerts: number
  /** Minutes that no alert of the account was evaluated for. */
  missed: number
}

/** Alerts of ten accounts with two each, and of a greedy one, in a random order of accounts. */
function planAlerts(random: Random, greedy: Greedy | undefined): Alert[] {
  const plan = (site: string, count: number, missed: number) =>
    Array.from({ length: count }, (_, number) =>
      makeAlert({
        id: `alert_${site}_${number}`,
        siteId: `ws_${site}`,
        windowMinutes: random.whole(1, 60),
        state: { isFiring: false, evaluatedTo: START - missed * MINUTE_MS, value: null, firedAt: null },
      }),
    ).sort((a, b) => a.windowMinutes - b.windowMinutes)
  const accounts = Array.from({ length: MODEST_ACCOUNTS }, (_, number) => plan(`modest-${number}`, 2, 1))
  if (greedy)
    accounts.splice(random.whole(0, MODEST_ACCOUNTS - 1), 0, plan('greedy', greedy.alerts, greedy.missed))
  return accounts.flat()
}

/**
 * Runs the job every ten seconds for some minutes of virtual time. Returns, for each evaluation of a modest
 * account, the time in ms from the moment at which its minute can be evaluated until it is saved.
 */
async function measureDelays({
  seed,
  greedy,
  minutes = 1,
  measure = async () => ({ value: 1, volume: 1 }),
}: {
  seed: number
  greedy: Greedy | undefined
  minutes?: number
  measure?: AlertEvaluationServices['measure']
}): Promise<number[]> {
  vi.setSystemTime(START + STORED_MS)
  const alerts = planAlerts(createRandom(seed), greedy)
  const delays: number[] = []
  const inFlight = new Map<string, number>()
  const evaluation = createAlertEvaluation({
    store: {
      listEvaluatedAlerts: async () => [...alerts],
      async saveEvaluations(evaluations: readonly Evaluation[]) {
        for (const { alert, state } of evaluations) {
          const index = alerts.findIndex(({ id }) => id === alert.id)
          alerts[index] = { ...alert, state }
          if (alert.siteId.includes('modest')) delays.push(Date.now() - STORED_MS - state.evaluatedTo)
        }
        return 0
      },
    },
    control: { findSite: async (id) => ({ id, accountId: `acc_${id}`, timeZone: 'UTC' }) as Site },
    async measure(alert, site, at) {
      expect(inFlight.get(site.id) ?? 0).toBe(0)
      inFlight.set(site.id, 1)
      await new Promise((resolve) => setTimeout(resolve, QUERY_MS))
      inFlight.set(site.id, 0)
      return measure(alert, site, at)
    },
    onTriggers: () => {},
    log: { info: () => {}, error: () => {} },
    now: Date.now,
  })
  let isOver = false
  const runs = (async () => {
    while (!isOver) {
      await runJob(evaluation)
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS - (Date.now() % EVERY_MS)))
    }
  })()
  await vi.advanceTimersByTimeAsync(minutes * MINUTE_MS)
  isOver = true
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS)
  await runs
  return delays
}

it.each([1, 2, 3, 4])(
  'evaluates alerts of modest accounts as early beside 500 alerts of one account as without them (seed %i)',
  async (seed) => {
    const alone = await measureDelays({ seed, greedy: undefined })
    const beside = await measureDelays({ seed, greedy: { alerts: 500, missed: 1 } })
    expect(alone).toHaveLength(2 * MODEST_ACCOUNTS)
    expect(beside.length).toBeGreaterThanOrEqual(alone.length)
    expect(p95(beside)).toBeLessThanOrEqual(2 * p95(alone))
  },
)

it.each([1, 2])(
  'evaluates each minute of modest accounts as early while one account catches up with two hours (seed %i)',
  async (seed) => {
    const alone = await measureDelays({ seed, greedy: undefined, minutes: 5 })
    const beside = await measureDelays({ seed, greedy: { alerts: 500, missed: 120 }, minutes: 5 })
    expect(alone.length).toBeGreaterThanOrEqual(5 * 2 * MODEST_ACCOUNTS)
    expect(beside.length).toBeGreaterThanOrEqual(alone.length)
    expect(Math.max(...beside)).toBeLessThanOrEqual(2 * Math.max(...alone))
  },
)

it('evaluates alerts of other accounts if the queries of one account fail', async () => {
  const delays = await measureDelays({
    seed: 1,
    greedy: { alerts: 500, missed: 1 },
    async measure(_, { id }) {
      if (id === 'ws_greedy') throw new ApiError('STORE_UNAVAILABLE')
      return { value: 1, volume: 1 }
    },
  })
  expect(delays.length).toBeGreaterThanOrEqual(2 * MODEST_ACCOUNTS)
})
