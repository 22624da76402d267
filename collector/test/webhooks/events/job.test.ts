import { pino } from 'pino'
import { beforeEach, expect, it } from 'vitest'
import type { EventRow } from '../../../src/ingest/event-row.js'
import type { ActivityStore } from '../../../src/webhooks/events/activity-store.js'
import type { CheckpointStore } from '../../../src/webhooks/events/checkpoints.js'
import { createWebhookEventJob } from '../../../src/webhooks/events/job.js'
import { createFakeOutbox, type FakeOutbox } from '../../support/fake-outbox.js'
import { makeVisitor } from '../../support/fake-reports.js'
import { makeGoal, openGoalBook } from '../../support/make-goal.js'
import { makeRow } from '../../support/make-row.js'
import { createMemoryWatch } from '../../support/memory-watch.js'
import { runJob } from '../../support/run-job.js'

const MINUTE_MS = 60_000

let now: number
let rows: EventRow[]
let outbox: FakeOutbox
let marks: CheckpointStore
/** Methods that fail. */
let failing: Set<keyof ActivityStore>

beforeEach(() => {
  now = Date.UTC(2026, 3, 1, 12)
  rows = []
  failing = new Set()
  outbox = createFakeOutbox('pageview', 'goal', 'session_end', 'high_value_visitor')
  const kept = new Map<string, number>()
  marks = {
    findCheckpoint: async (name) => kept.get(name),
    saveCheckpoint: async (name, at) => void kept.set(name, at),
  }
})

async function start() {
  const memory = createMemoryWatch(rows, (_, id) => makeVisitor({ id, valueScore: id === 'rich' ? 80 : 10 }))
  const guard = <Name extends keyof ActivityStore>(name: Name) =>
    ((...args: never[]) =>
      failing.has(name)
        ? Promise.reject(new Error('busy'))
        : (memory[name] as (...args: never[]) => unknown)(...args)) as unknown as ActivityStore[Name]
  return createWebhookEventJob({
    control: { listSites: async () => [{ id: 'ws_1' }] as never },
    events: { newestReceipt: async () => Math.max(0, ...rows.map(({ received_at }) => received_at)) },
    activity: {
      eventsReceived: guard('eventsReceived'),
      endedSessions: guard('endedSessions'),
      sessions: guard('sessions'),
      visitors: guard('visitors'),
    },
    goals: await openGoalBook(makeGoal({ kind: 'duration', seconds: 60 })),
    log: pino({ level: 'silent' }),
    checkpoints: marks,
    outbox,
    now: () => now,
  })
}
/** Stores an event, as a collector that was killed before publishing. */
const store = (event_id: string, fields: Partial<EventRow> = {}) =>
  rows.push(makeRow({ occurred_at: now, event_id, session_id: `session-${event_id}`, ...fields }))
const pagesTold = () => outbox.told.filter(({ name }) => name === 'pageview').map(({ key }) => key)

it('republishes the latest events from before the start, but no older events', async () => {
  store('old')
  now += 10 * MINUTE_MS
  store('cut-off')
  const watch = await start()
  // Later events are published with the batch that stores them.
  now += MINUTE_MS
  store('later')
  await runJob(watch)
  expect(pagesTold()).toEqual(['cut-off'])
  const { puts } = outbox
  await runJob(watch)
  expect(outbox.puts).toBe(puts)
})

it('republishes the latest events even if the clock was set back before the start', async () => {
  now += 60 * MINUTE_MS
  store('of the future')
  now -= 60 * MINUTE_MS
  store('cut-off')
  now += 1_000
  await runJob(await start())
  expect(pagesTold()).toContain('cut-off')
})

it('republishes events until none is left, even after another start', async () => {
  await start()
  store('cut-off')
  failing.add('eventsReceived')
  now += 5 * MINUTE_MS
  const watch = await start()
  await runJob(watch)
  now += 9 * MINUTE_MS
  store('newer')
  const next = await start()
  await runJob(next)
  expect(pagesTold()).toEqual([])
  failing.clear()
  await runJob(next)
  expect(pagesTold()).toEqual(['cut-off', 'newer'])
})

it('evaluates visitors and sessions that were not evaluated before the start', async () => {
  store('one', { visitor_id: 'rich', session_id: 'long', occurred_at: now - 2 * MINUTE_MS })
  store('two', { visitor_id: 'rich', session_id: 'long' })
  await runJob(await start())
  expect(outbox.told.map(({ name }) => name).sort()).toEqual([
    'goal',
    'high_value_visitor',
    'pageview',
    'pageview',
  ])
})

it('publishes session ends while visitors cannot be evaluated', async () => {
  const watch = await start()
  await runJob(watch)
  store('one', { visitor_id: 'rich' })
  await watch.publish(rows.map((row) => ({ row })))
  failing.add('visitors')
  now += 31 * MINUTE_MS
  await runJob(watch)
  expect(outbox.told.map(({ name }) => name)).toEqual(['pageview', 'session_end'])
  failing.clear()
  await runJob(watch)
  expect(outbox.told.map(({ name }) => name)).toEqual(['pageview', 'session_end', 'high_value_visitor'])
})

it('publishes nothing after the job is stopped', async () => {
  store('cut-off')
  const watch = await start()
  await watch.run(AbortSignal.abort())
  expect(outbox.told).toEqual([])
})
