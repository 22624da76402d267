import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Alert } from '../../../src/alerts/alert.js'
import { createAlertCounts } from '../../../src/alerts/metrics.js'
import { createNotificationDelivery } from '../../../src/alerts/notify/deliver.js'
import { createRegistry } from '../../../src/observability/registry.js'
import { createRandom } from '../../golden/create-random.js'
import { makeAlertFields } from '../../support/make-alert.js'
import { openTestControl, type TestControl } from '../../support/open-test-control.js'
import { p95 } from '../../support/p95.js'

const MODEST_ACCOUNTS = 10
const GREEDY_NOTIFICATIONS = 32
const SLOW_MS = 10_000
const DURATION_MS = 30_000
const MOMENTS = 20
/** The most notifications of one moment. An account has at most four in flight, so that some of them wait. */
const MOST_NOTIFICATIONS = 8

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 }))
afterEach(() => void vi.useRealTimers())

/** Adds an alert with a Slack destination to a new account. */
async function addAlert({ control, alerts }: TestControl): Promise<Alert> {
  const { id: accountId } = await control.addAccount({ name: 'Account', plan: 'free' })
  const site = await control.addSite({ accountId, domain: 'a.example', name: 'A', allowedDomains: [] })
  const fields = makeAlertFields({ destinations: [{ type: 'slack', sealed: 's' }] })
  return (await alerts.addAlert(site.id, fields, { actor: null, at: 0 }))!
}

/** Waits of the modest accounts' notifications in ms of virtual time, from the trigger to the attempt. */
async function measureWaits({ seed, isGreedy }: { seed: number; isGreedy: boolean }): Promise<number[]> {
  vi.setSystemTime(0)
  const plan = createRandom(seed)
  const random = createRandom(-seed)
  const store = await openTestControl()
  const waits: number[] = []
  const greedy = await addAlert(store)
  const sender = createNotificationDelivery({
    store: store.alerts,
    async send({ alertId, at }) {
      const isModest = alertId !== greedy.id
      if (isModest) waits.push(Date.now() - at)
      await new Promise((resolve) => setTimeout(resolve, isModest ? random.whole(20, 200) : SLOW_MS))
      return { result: 'done' }
    },
    recipients: { purge: store.recipients.purgeSentMails },
    counts: createAlertCounts(createRegistry()),
    log: {
      warn: () => {},
      error: (details: unknown) => expect.fail(JSON.stringify(details)),
    },
    engineNow: Date.now,
    now: Date.now,
  })
  let keys = 0
  const put = (alert: Alert) =>
    store.alerts.putNotifications(alert, { key: `k${++keys}`, event: 'alert', at: Date.now(), data: {} })
  const modest = []
  for (let count = 0; count < MODEST_ACCOUNTS; count++) modest.push(await addAlert(store))
  if (isGreedy) for (let count = 0; count < GREEDY_NOTIFICATIONS; count++) await put(greedy)
  const moments = Array.from({ length: MOMENTS }, () => plan.whole(1, DURATION_MS)).sort((a, b) => a - b)
  for (const at of moments) {
    await vi.advanceTimersByTimeAsync(at - Date.now())
    const alert = plan.pick(modest)
    for (let count = plan.whole(1, MOST_NOTIFICATIONS); count > 0; count--) await put(alert)
    sender.wake()
  }
  await vi.advanceTimersByTimeAsync(3 * SLOW_MS)
  const stopped = sender.stop()
  await vi.advanceTimersByTimeAsync(2 * SLOW_MS)
  await stopped
  await store.close()
  return waits
}

it.each([1, 2])(
  'notifies modest accounts as fast beside 32 slow notifications of one account as without them (seed %i)',
  async (seed) => {
    const alone = await measureWaits({ seed, isGreedy: false })
    const beside = await measureWaits({ seed, isGreedy: true })
    expect(alone.length).toBeGreaterThan(MOMENTS)
    expect(beside).toHaveLength(alone.length)
    expect(p95(beside)).toBeLessThanOrEqual(2 * p95(alone))
  },
)
