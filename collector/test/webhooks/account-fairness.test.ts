import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createDeliveryEngine } from '../../src/webhooks/deliver.js'
import type { ClaimedDelivery, DeliveryStore } from '../../src/webhooks/webhook-store.js'
import type { Webhook } from '../../src/webhooks/webhook.js'
import { createRandom, type Random } from '../golden/create-random.js'
import { p95 } from '../support/p95.js'

const MODEST_ACCOUNTS = 10
const GREEDY_ENDPOINTS = 100
const SLOW_MS = 10_000
const DURATION_MS = 60_000
const MOMENTS = 300
/** The most events of one moment. Endpoints have at most four attempts in flight, so that some of them wait. */
const MOST_EVENTS = 12

interface Queued extends ClaimedDelivery {
  queuedAt: number
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 }))
afterEach(() => void vi.useRealTimers())

/** A queue in memory that claims the oldest deliveries of each webhook. Every attempt ends its delivery. */
function createMemoryStore() {
  const waiting = new Map<string, Queued[]>()
  const leased = new Map<number, Queued>()
  const takeTurn: DeliveryStore['takeTurn'] = async ({ finished, claims }) => {
    for (const { delivery } of finished) leased.delete(delivery.seq)
    const claimed = claims.flatMap(({ webhookId, limit }) => waiting.get(webhookId)?.splice(0, limit) ?? [])
    for (const delivery of claimed) leased.set(delivery.seq, delivery)
    const ids = [
      ...claims.map(({ webhookId }) => webhookId),
      ...finished.map(({ delivery }) => delivery.webhookId),
    ]
    const due = new Map(ids.map((id) => [id, waiting.get(id)?.[0]?.queuedAt]))
    return { claimed, due, disabled: [], ended: { done: finished.length, failed: 0, cancelled: 0 } }
  }
  return {
    takeTurn,
    leasedUntil: () => Promise.resolve(undefined),
    queue(delivery: Queued) {
      const queue = waiting.get(delivery.webhookId)
      if (queue) queue.push(delivery)
      else waiting.set(delivery.webhookId, [delivery])
    },
    queuedAtOf: (seq: number) => leased.get(seq)!.queuedAt,
  }
}

const toWebhook = (accountId: string, number: number, backlog = 0): Webhook => ({
  id: `wh_${accountId}_${number}`,
  accountId,
  siteId: null,
  url: `https://${accountId}-${number}.example/`,
  events: ['event'],
  description: '',
  secret: '',
  isActive: true,
  disabledReason: null,
  failuresInRow: 0,
  backlog,
  createdAt: 0,
  lastTriggeredAt: null,
})

/** Waits of the modest accounts' deliveries in ms of virtual time, from the event to the attempt. */
async function measureWaits({ seed, isGreedy }: { seed: number; isGreedy: boolean }): Promise<number[]> {
  vi.setSystemTime(0)
  const random = createRandom(-seed)
  const store = createMemoryStore()
  const waits: number[] = []
  let seqs = 0
  const queue = ({ id, accountId, url }: Webhook) =>
    store.queue({
      seq: ++seqs,
      webhookId: id,
      accountId,
      siteId: 'ws_1',
      eventId: `evt_${seqs}`,
      event: 'event',
      body: String(seqs),
      url,
      secret: '',
      attempt: 1,
      queuedAt: Date.now(),
    })
  const engine = createDeliveryEngine({
    store,
    async send({ webhook, body }) {
      const isModest = webhook.id.startsWith('wh_modest')
      if (isModest) waits.push(Date.now() - store.queuedAtOf(Number(body)))
      const durationMs = isModest ? random.whole(20, 200) : SLOW_MS
      await new Promise((resolve) => setTimeout(resolve, durationMs))
      return { status: 200, error: undefined, answer: '', durationMs }
    },
    onTurn: () => {},
    log: { error: (details: unknown) => expect.fail(JSON.stringify(details)) },
    engineNow: Date.now,
    now: Date.now,
    random: random.next,
  })
  const greedy = isGreedy
    ? Array.from({ length: GREEDY_ENDPOINTS }, (_, number) => toWebhook('greedy', number, 100))
    : []
  const modest = Array.from({ length: MODEST_ACCOUNTS }, (_, number) => toWebhook(`modest-${number}`, 0))
  for (const webhook of greedy) for (let count = 0; count < webhook.backlog; count++) queue(webhook)
  engine.update([...greedy, ...modest])
  const plan = createRandom(seed)
  for (const [at, webhook] of planMoments(plan, modest)) {
    await vi.advanceTimersByTimeAsync(at - Date.now())
    for (let count = plan.whole(1, MOST_EVENTS); count > 0; count--) queue(webhook)
    engine.wake([webhook.id])
  }
  await vi.advanceTimersByTimeAsync(3 * SLOW_MS)
  const stopped = engine.stop(0)
  await vi.advanceTimersByTimeAsync(2 * SLOW_MS)
  await stopped
  return waits
}

/** Random moments at which a modest account has events, in their order. */
function planMoments(random: Random, webhooks: Webhook[]): [at: number, webhook: Webhook][] {
  return Array.from({ length: MOMENTS }, (): [number, Webhook] => [
    random.whole(1, DURATION_MS),
    random.pick(webhooks),
  ]).sort(([a], [b]) => a - b)
}

it.each([1, 2, 3])(
  'delivers to modest accounts as fast beside 100 slow endpoints of one account as without them (seed %i)',
  async (seed) => {
    const alone = await measureWaits({ seed, isGreedy: false })
    const beside = await measureWaits({ seed, isGreedy: true })
    expect(alone.length).toBeGreaterThan(MOMENTS)
    expect(beside).toHaveLength(alone.length)
    expect(p95(beside)).toBeLessThanOrEqual(2 * p95(alone))
  },
)
