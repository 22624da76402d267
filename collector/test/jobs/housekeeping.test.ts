import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { EventRow } from '../../src/ingest/event-row.js'
import type { Deletion, EventStore } from '../../src/ingest/event-store.js'
import { createEraser } from '../../src/jobs/erase.js'
import { createHousekeeping } from '../../src/jobs/housekeeping.js'
import { createJobRunner } from '../../src/jobs/job.js'
import { createRegistry } from '../../src/observability/registry.js'
import { createClickhouseEventStore } from '../../src/stores/clickhouse/event-store.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

const DAY_MS = 24 * 60 * 60 * 1000
const NOW = Date.UTC(2026, 10, 21, 12)

let collector: TestCollector
let store: EventStore
let log: Record<string, unknown>[]
const idle = { drain: () => Promise.resolve() }
const webhooks = { erase: () => Promise.resolve() }
const rollups = {
  pause: <Result>(run: () => Promise<Result>) => run(),
  rollUp: () => Promise.resolve({ rolledUpDays: 0, isDone: true }),
}

beforeAll(async () => {
  collector = await startTestCollector()
  store = await createClickhouseEventStore({ engine: collector.engine })
})
afterAll(async () => {
  await store.close()
  await collector.close()
})
beforeEach(() => (log = []))

const texts = [
  'event_name',
  'user_id',
  'origin',
  'path',
  'query',
  'referrer',
  'title',
  'device_type',
  'browser',
  'os',
  'language',
  'screen',
  'timezone',
  'country',
  'channel',
  'source',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
]

function row(siteId: string, at: number): EventRow {
  const empty = Object.fromEntries(texts.map((name) => [name, '']))
  return {
    ...empty,
    site_id: siteId,
    received_at: at,
    occurred_at: at,
    event_id: `${at}`,
    event_type: 'pageview',
    visitor_id: 'visitor-0001',
    session_id: 'session-0001',
    properties: '{}',
    cookieless: false,
    gpc: false,
  } as unknown as EventRow
}

/** Housekeeping on the collector's data with an injected clock; counts the deletions. */
function createSubject(deleteRows = store.delete, options: { now?: () => number } = {}) {
  const asked: Deletion[] = []
  const events = {
    delete: (deletion: Deletion) => {
      asked.push(deletion)
      return deleteRows(deletion)
    },
  }
  const lines = pino(
    { level: 'info' },
    { write: (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>) },
  )
  const erase = createEraser({ events, commit: idle, heartbeats: idle, rollups, webhooks })
  const housekeeping = createHousekeeping({
    control: collector.collector.control,
    events,
    erase,
    rollups,
    log: lines,
    now: () => NOW,
    ...options,
  })
  const services = { log: lines, metrics: createRegistry() }
  const runs = Object.values(housekeeping).map((job) => createJobRunner(job, services))
  return {
    asked,
    tick: async () => {
      for (const run of runs) await run()
    },
  }
}

const addSite = (retentionMonths: number) =>
  collector.collector.control.addSite({
    domain: 'kept.example',
    name: 'Kept',
    allowedDomains: [],
    retentionMonths,
  })
const timesOf = async (siteId: string) =>
  (
    await collector.select<{ at: number }>(
      `SELECT toUnixTimestamp64Milli(occurred_at) AS at FROM events WHERE site_id = '${siteId}' ORDER BY at`,
    )
  ).map(({ at }) => at)

it('deletes events that exceed the retention of their site', async () => {
  const [short, long] = [await addSite(1), await addSite(25)]
  const ages = [0, 29, 31, 40, 400, 760, 800].map((days) => NOW - days * DAY_MS)
  await store.insertEvents(
    [...ages, Date.UTC(2026, 9, 21), Date.UTC(2026, 9, 21) - 1].flatMap((at) => [
      row(short.id, at),
      row(long.id, at),
    ]),
    'retention',
  )
  await createSubject().tick()
  expect(await timesOf(short.id)).toEqual(
    [Date.UTC(2026, 9, 21), NOW - 31 * DAY_MS, NOW - 29 * DAY_MS, NOW].sort(),
  )
  expect(await timesOf(long.id)).toHaveLength(8)
  expect(
    log
      .filter(({ events }) => Number(events) > 0)
      .map(({ retentionMonths, events, before }) => [retentionMonths, events, before]),
  ).toEqual([
    [25, 1, '2024-10-21T00:00:00.000Z'],
    [1, 5, '2026-10-21T00:00:00.000Z'],
  ])
})

it('writes nothing if no event exceeds its retention', async () => {
  const site = await addSite(2)
  await store.insertEvents([row(site.id, NOW - DAY_MS)], 'nothing-due')
  await createSubject().tick()
  const parts = () => collector.select('SELECT name FROM system.parts WHERE active ORDER BY name')
  const before = await parts()
  await createSubject().tick()
  expect(await parts()).toEqual(before)
  expect(await collector.select('SELECT * FROM system.mutations')).toEqual([])
})

it('runs the retention job on the first tick and then daily', async () => {
  let now = NOW
  const { tick, asked } = createSubject(() => Promise.resolve({ rows: 0, isDone: true }), {
    now: () => now,
  })
  const deletions: number[] = []
  for (const step of [0, 60_000, DAY_MS - 120_000, 60_000, 60_000]) {
    now += step
    asked.length = 0
    await tick()
    deletions.push(asked.filter(({ before }) => before !== undefined).length)
  }
  expect(deletions[0]).toBeGreaterThan(0)
  expect(deletions).toEqual([deletions[0], 0, 0, deletions[0], 0])
})

it('keeps the daily schedule of the retention job after the clock was changed', async () => {
  let now = NOW
  const { tick, asked } = createSubject(() => Promise.resolve({ rows: 0, isDone: true }), {
    now: () => now,
  })
  const tickAfter = async (ms: number) => {
    now += ms
    asked.length = 0
    await tick()
    return asked.some(({ before }) => before !== undefined)
  }
  expect(await tickAfter(0)).toBe(true)
  expect(await tickAfter(-60 * 60_000)).toBe(true)
  expect(await tickAfter(60_000)).toBe(false)
  expect(await tickAfter(60 * 60_000)).toBe(false)
  expect(await tickAfter(DAY_MS - 61 * 60_000)).toBe(true)
  expect(await tickAfter(-400 * DAY_MS)).toBe(true)
})

it('logs a failed deletion of events and retries it after an hour', async () => {
  let now = NOW
  const { tick, asked } = createSubject(() => Promise.reject(new Error('the store is away')), {
    now: () => now,
  })
  await tick()
  expect(log).toMatchObject([{ level: 50, job: 'retention', error: 'the store is away' }])
  const tried = asked.length
  now += 59 * 60_000
  await tick()
  expect(asked).toHaveLength(tried)
  now += 60_000
  await tick()
  expect(asked).toHaveLength(2 * tried)
})

it('deletes all events of a site that another process removed, including late events', async () => {
  const { control } = collector.collector
  const site = await addSite(25)
  const wall = Date.now()
  await store.insertEvents([row(site.id, wall)], 'removed-1')
  await control.removeSite(site.id)
  await createSubject(store.delete, { now: () => Date.now() }).tick()
  expect(await timesOf(site.id)).toEqual([])
  await store.insertEvents([row(site.id, wall)], 'removed-2')
  await createSubject(store.delete, { now: () => Date.now() + 61_000 }).tick()
  expect(await timesOf(site.id)).toEqual([])
  expect(await control.listRemovals()).toEqual([])
})
