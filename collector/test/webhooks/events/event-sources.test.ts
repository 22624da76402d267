import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Site } from '@zenovay/collector'
import Database from 'libsql'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createGoalCache } from '../../../src/control/goals/goal-cache.js'
import { openSecretBox } from '../../../src/control/secrets/master-key.js'
import { bodyOf } from '../../../src/http/api/deliveries.js'
import { createEventCommit, type EventCommit } from '../../../src/ingest/commit/event-commit.js'
import type { EventRow } from '../../../src/ingest/event-row.js'
import { DELIVERIES } from '../../../src/routes/webhook-deliveries.js'
import { createClickhouseActivityStore } from '../../../src/stores/clickhouse/activity.js'
import { createClickhouseEventStore } from '../../../src/stores/clickhouse/event-store.js'
import { createClickhouseReportStore } from '../../../src/stores/clickhouse/report-store.js'
import { type ControlStores, openControlStores } from '../../../src/stores/sql/database.js'
import type { EndedSession, ReceivedRow } from '../../../src/webhooks/events/activity-store.js'
import { createWebhookEventJob, type WebhookEventJob } from '../../../src/webhooks/events/job.js'
import type { WebhookEventName } from '../../../src/webhooks/webhook.js'
import { createRandom } from '../../golden/create-random.js'
import { expectEvery } from '../../support/expect-every.js'
import { makeEvent } from '../../support/make-event.js'
import { makeRow } from '../../support/make-row.js'
import { createMemoryWatch } from '../../support/memory-watch.js'
import { misfits } from '../../support/misfits.js'
import { startTestCollector, type TestCollector } from '../../support/start-test-collector.js'
import { runJob } from '../../support/run-job.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const START = Date.UTC(2026, 1, 28, 23, 30)
const NAMES: WebhookEventName[] = ['pageview', 'event', 'goal', 'session_end', 'high_value_visitor']

let collector: TestCollector
let events: Awaited<ReturnType<typeof createClickhouseEventStore>>
let watchStore: ReturnType<typeof createClickhouseActivityStore>

beforeAll(async () => {
  collector = await startTestCollector()
  events = await createClickhouseEventStore({ url: collector.engine.url })
  watchStore = createClickhouseActivityStore({ url: collector.engine.url })
})
afterAll(async () => {
  await events.close()
  await watchStore.close()
  await collector.close()
})

interface Delivery {
  event: WebhookEventName
  timestamp: string
  data: Record<string, unknown>
}

/** The queued deliveries in a file of control data, as another process reads them. */
function readDeliveries(file: string, event: WebhookEventName): Delivery[] {
  const database = new Database(file)
  const rows = database.prepare('SELECT body FROM webhook_deliveries WHERE event = ?').all(event) as {
    body: string
  }[]
  database.close()
  const deliveries = rows.map(({ body }) => JSON.parse(body) as Delivery)
  const schema = bodyOf(DELIVERIES.find((delivery) => delivery.event === event)!)
  // A sample, because some tests queue thousands.
  for (const delivery of deliveries.slice(0, 50)) expect(misfits(schema, delivery)).toEqual([])
  return deliveries
}

/** Adds a webhook whose host does not exist. */
async function addWebhook(stores: ControlStores, site: Site, names: WebhookEventName[], at: number) {
  const box = await openSecretBox({
    given: undefined,
    file: join(collector.dataDir, 'master.key'),
    sealed: [],
  })
  await stores.webhooks.addWebhook(
    {
      accountId: site.accountId,
      siteId: site.id,
      url: 'https://receiver.invalid/',
      events: names,
      description: '',
      secret: box.seal('whsec_AAAA'),
    },
    { actor: null, at },
  )
}

describe('an acknowledged event', () => {
  const dataOf = (event: WebhookEventName, isMeant: (data: Delivery['data']) => boolean = () => true) =>
    readDeliveries(join(collector.dataDir, 'control.db'), event)
      .map(({ data }) => data)
      .filter(isMeant)

  beforeAll(async () => {
    const stores = await openControlStores(join(collector.dataDir, 'control.db'))
    await addWebhook(stores, collector.site, NAMES, Date.now())
    await stores.goals.addGoal(
      collector.site.id,
      { name: 'Thanks', rule: { kind: 'path', match: 'glob', path: '/*/thanks' }, value: 2 },
      { actor: null, at: Date.now() },
    )
    await stores.control.close()
    await collector.restart()
  })

  it('queues an event for its webhooks before it is acknowledged', async () => {
    const answer = await collector.post([
      makeEvent({ url: 'https://example.com/en/thanks' }),
      makeEvent({
        event_type: 'custom',
        event_name: 'signup_click',
        properties: { category: 'conversion', label: 'hero "🛒" button', value: 1e21 },
      }),
      makeEvent({ event_type: 'goal', event_name: 'order', properties: { value: 3 } }),
    ])
    expect(answer.status).toBe(200)
    const siteId = collector.site.id
    expect(dataOf('pageview')).toEqual([
      { siteId, path: '/en/thanks', referrer: null, country: null, device: 'desktop', browser: 'Firefox' },
    ])
    expect(dataOf('event')).toEqual([
      {
        siteId,
        action: 'signup_click',
        category: 'conversion',
        label: 'hero "🛒" button',
        value: 1e21,
        path: '/',
      },
    ])
    expect(dataOf('goal')).toEqual([
      {
        siteId,
        goalId: expect.stringMatching(/^goal_/) as string,
        goalName: 'Thanks',
        path: '/en/thanks',
        value: 2,
      },
      { siteId, goalId: 'order', goalName: 'order', path: '/', value: 3 },
    ])
  })

  it('queues an event once, even if the collector is killed after storing it', async () => {
    const row = (event_id: string, path: string) =>
      makeRow({
        site_id: collector.site.id,
        session_id: 'session-0001',
        visitor_id: 'visitor-0001',
        occurred_at: Date.now(),
        event_id,
        path,
      })
    await events.insertEvents([row('cut-off', '/cut/off'), row('cut-off-too', '/cut/thanks')], randomUUID())
    expect(dataOf('pageview', ({ path }) => path === '/cut/off')).toEqual([])
    for (let start = 0; start < 2; start++) {
      await collector.restart()
      await vi.waitUntil(() => dataOf('pageview', ({ path }) => String(path).startsWith('/cut')).length >= 2)
    }
    const repeat = await collector.post(
      makeEvent({ event_id: 'cut-off', url: 'https://example.com/cut/off' }),
    )
    expect(repeat.status).toBe(200)
    expect(dataOf('pageview', ({ path }) => path === '/cut/off')).toHaveLength(1)
    // Its session had completed the goal before.
    expect(dataOf('goal', ({ goalName }) => goalName === 'Thanks')).toHaveLength(1)
    expect(dataOf('pageview', ({ path }) => path === '/en/thanks')).toHaveLength(1)
  })
})

/**
 * The parts of a collector that publish events, without those that deliver them, at any time of the clock.
 */
describe('across restarts and days', () => {
  const log = pino({ level: 'silent' })
  let now = START
  let file: string
  let stores: ControlStores
  let site: Site
  let busySite: Site
  let watch: WebhookEventJob
  let commit: EventCommit['commit']

  async function start() {
    stores = await openControlStores(file)
    const outbox = {
      hasSubscriber: (siteId: string, name: WebhookEventName) =>
        siteId === site.id || name === 'high_value_visitor',
      countSubscribers: () => 1,
      put: async (list: Parameters<typeof stores.webhooks.putDeliveries>[0]) =>
        void (await stores.webhooks.putDeliveries(list, { now, wallNow: now })),
    }
    watch = await createWebhookEventJob({
      control: stores.control,
      events,
      activity: watchStore,
      checkpoints: stores.checkpoints,
      outbox,
      goals: createGoalCache(stores.goals),
      log,
      now: () => now,
    })
    commit = (await createEventCommit({ store: events, log, publish: watch.publish, now: () => now })).commit
  }
  async function restart() {
    await stores.control.close()
    await start()
    await runJob(watch)
  }
  const store = (rows: EventRow[]) =>
    Promise.all(
      rows.map((row) => commit({ row, accountId: 'acc_1', hasOwnId: true, retry: false, idSpace: 'public' })),
    )
  const dataOf = (event: WebhookEventName, isMeant: (data: Delivery['data']) => boolean = () => true) =>
    readDeliveries(file, event)
      .map(({ data }) => data)
      .filter(isMeant)

  beforeAll(async () => {
    file = join(collector.dataDir, 'other.db')
    stores = await openControlStores(file)
    ;[site, busySite] = [
      await stores.control.addSite({ domain: 'example.com', name: 'One', allowedDomains: [] }),
      await stores.control.addSite({ domain: 'example.com', name: 'Other', allowedDomains: [] }),
    ]
    await addWebhook(stores, site, NAMES, now)
    await addWebhook(stores, busySite, ['high_value_visitor'], now)
    await stores.goals.addGoal(
      site.id,
      { name: 'Ten minutes', rule: { kind: 'duration', seconds: 600 }, value: null },
      { actor: null, at: now },
    )
    await stores.control.close()
    await start()
    await runJob(watch)
  })
  afterAll(async () => {
    await stores.control.close()
  })

  it('publishes the end of each session once, even over midnight', async () => {
    const view = (path: string) =>
      store(
        Array.from({ length: 100 }, (_, number) =>
          makeRow({
            site_id: site.id,
            session_id: `midnight-${number}`,
            visitor_id: `visitor-${number}`,
            occurred_at: now,
            path,
          }),
        ),
      )
    now += 20 * MINUTE_MS
    await view('/late')
    now += 25 * MINUTE_MS
    await view('/later')
    await runJob(watch)
    expect(dataOf('goal')).toHaveLength(100)
    await restart()
    now += 26 * HOUR_MS
    for (let start = 0; start < 3; start++) {
      await restart()
      now += HOUR_MS
    }
    const ended = dataOf('session_end')
    expect(ended).toHaveLength(100)
    expectEvery(
      ended,
      ({ duration, pages, entryPath, exitPath }) =>
        duration === 1500 && pages === 2 && entryPath === '/late' && exitPath === '/later',
    )
    expect(
      new Set(dataOf('goal').map(({ goalName, value }) => `${String(goalName)} ${String(value)}`)),
    ).toEqual(new Set(['Ten minutes null']))
    expect(dataOf('goal')).toHaveLength(100)
  })

  const visit = ({ id }: Site, visitor_id: string, goals: number) => [
    ...Array.from({ length: 10 }, (_, page) =>
      makeRow({
        site_id: id,
        visitor_id,
        session_id: `session-of-${visitor_id}`,
        occurred_at: now + page * 70_000,
        channel: 'email',
        path: `/${page}`,
        country: 'CH',
      }),
    ),
    ...Array.from({ length: goals }, (_, goal) =>
      makeRow({
        site_id: id,
        visitor_id,
        session_id: `session-of-${visitor_id}`,
        occurred_at: now + 60_000 + goal,
        event_type: 'goal',
        event_name: 'order',
      }),
    ),
  ]

  it('publishes a high-value visitor with the same score as the API', async () => {
    const rows = [...visit(site, 'valuable', 2), ...visit(site, 'nearly', 1)]
    now += 11 * MINUTE_MS
    await store(rows)
    // Before the visitor was evaluated.
    await restart()
    await restart()
    expect(dataOf('high_value_visitor')).toEqual([
      {
        siteId: site.id,
        visitorId: 'valuable',
        country: 'Switzerland',
        valueScore: 70,
        landingPage: 'https://example.com/0',
        timestamp: new Date(now - 11 * MINUTE_MS).toISOString(),
      },
    ])

    const reports = createClickhouseReportStore({ url: collector.engine.url })
    const period = { from: now - 24 * HOUR_MS, to: now + 1 }
    const scored = await watchStore.visitors(site.id, ['valuable', 'nearly', 'visitor-1', 'nobody'], period)
    for (const visitor of scored)
      expect(visitor).toEqual(await reports.visitor({ siteId: site.id, period, filters: [] }, visitor.id))
    expect(scored.map(({ id, valueScore }) => [id, valueScore]).sort()).toEqual([
      ['nearly', 60],
      ['valuable', 70],
    ])
    await reports.close()
  })

  it('publishes each of 500 high-value visitors with the same timestamps once', async () => {
    const rows = Array.from({ length: 500 }, (_, number) => visit(busySite, `prospect-${number}`, 2)).flat()
    now += 11 * MINUTE_MS
    await store(rows)
    await runJob(watch)
    await restart()
    const told = readDeliveries(file, 'high_value_visitor').filter(
      ({ data }) => data['siteId'] === busySite.id,
    )
    expect(told).toHaveLength(500)
    expect(new Set(told.map(({ data }) => data['visitorId'])).size).toBe(500)
    // Receivers treat two deliveries of one millisecond as one.
    expect(new Set(told.map(({ timestamp }) => timestamp)).size).toBe(500)
  })
})

it('returns the same results from activity queries as from plain loops', async () => {
  const random = createRandom(5)
  const first = START - 48 * HOUR_MS
  const rows: EventRow[] = []
  for (let session = 0; session < 300; session++) {
    let at = first + random.whole(0, 5 * HOUR_MS)
    for (let count = random.whole(1, 5); count > 0; count--) {
      at += random.whole(0, 40 * MINUTE_MS)
      // Many received in one millisecond, some a while after they happened; no two events of a session share
      // a time.
      const received_at = Math.ceil(at / 60_000) * 60_000
      rows.push(
        makeRow({
          site_id: random.pick(['ws_a', 'ws_b']),
          session_id: `session-${session}`,
          occurred_at: at++,
          received_at,
          path: `/${random.whole(1, 9)}`,
          event_type: random.pick(['pageview', 'pageview', 'custom']),
        }),
      )
    }
  }
  await events.insertEvents(rows, randomUUID())
  const model = createMemoryWatch(rows)

  for (const siteIds of [['ws_a'], ['ws_a', 'ws_b']]) {
    const [found, expected]: EndedSession[][] = [[], []]
    for (const [store, sessions] of [
      [watchStore, found!],
      [model, expected!],
    ] as const)
      for (let from = first; from < first + 12 * HOUR_MS; from += 4 * HOUR_MS)
        for (let after: EndedSession | undefined, isMore = true; isMore;) {
          const page = await store.endedSessions({
            siteIds,
            from,
            until: from + 4 * HOUR_MS,
            after,
            limit: 60,
          })
          sessions.push(...page.sessions)
          after = page.end as EndedSession | undefined
          isMore = page.end !== undefined
        }
    expect(found).toEqual(expected)
    expect(found!.length).toBeGreaterThan(200)

    const received: ReceivedRow[] = []
    for (let after: ReceivedRow | undefined, isMore = true; isMore;) {
      const page = await watchStore.eventsReceived({
        siteIds,
        from: first + HOUR_MS,
        until: first + 2 * HOUR_MS,
        after,
        limit: 40,
      })
      received.push(...page)
      after = page.at(-1)
      isMore = page.length === 40
    }
    const meant = rows.filter(
      (row) =>
        siteIds.includes(row.site_id) &&
        row.received_at >= first + HOUR_MS &&
        row.received_at <= first + 2 * HOUR_MS,
    )
    expect(received.map(({ event_id }) => event_id).sort()).toEqual(
      meant.map(({ event_id }) => event_id).sort(),
    )
    const [one] = received as [ReceivedRow]
    expect(meant.find(({ event_id }) => event_id === one.event_id)).toMatchObject({
      occurred_at: one.occurred_at,
      received_at: one.received_at,
      properties: one.properties,
      path: one.path,
      session_id: one.session_id,
    })
  }

  const ids = Array.from({ length: 300 }, (_, session) => `session-${session}`)
  const bySession = (sessions: { sessionId: string }[]) =>
    sessions.sort((a, b) => (a.sessionId < b.sessionId ? -1 : 1))
  expect(bySession(await watchStore.sessions('ws_a', ids, first))).toEqual(
    bySession(await model.sessions('ws_a', ids, first)),
  )
})
