import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventRow } from '../../../src/ingest/event-row.js'
import type { EventStore, FeedEvent, FeedPosition } from '../../../src/ingest/event-store.js'
import { START } from '../../../src/reports/realtime/feed-cursor.js'
import { createClickhouseEventStore } from '../../../src/stores/clickhouse/event-store.js'
import { makeRow as makeStoredRow } from '../../support/make-row.js'
import { startTestEngine, type TestEngine } from '../../support/start-test-engine.js'

const NOW = Date.UTC(2026, 5, 1, 12)
const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
const SINCE = NOW - HOUR_MS

let engine: TestEngine
/** The stores of three collectors. */
let stores: EventStore[]

beforeAll(async () => {
  engine = await startTestEngine()
  stores = await Promise.all([1, 2, 3].map(() => createClickhouseEventStore({ engine })))
})
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await engine.close()
})

const makeRow = (fields: Partial<EventRow>) =>
  makeStoredRow({ occurred_at: NOW, received_at: NOW, ...fields })
const insert = (store: number, ...rows: EventRow[]) => stores[store]!.insertEvents(rows, randomUUID())

/** Every event after a position, read in pages, and the final position. */
async function readFrom(
  siteId: string,
  after: FeedPosition,
  limit = 100,
): Promise<{ events: FeedEvent[]; end: FeedPosition }> {
  const events: FeedEvent[] = []
  for (let end = after; ;) {
    const page = await stores[0]!.eventsSince(siteId, { after: end, since: SINCE, limit })
    events.push(...page.events)
    end = page.end
    if (!page.isMore) return { events, end }
  }
}
const idsOf = ({ events }: { events: FeedEvent[] }) => events.map(({ eventId }) => eventId)

it('returns a late event that was received before the others but stored after them', async () => {
  const site_id = 'ws_late'
  await insert(0, makeRow({ site_id, event_id: 'quick' }))
  const first = await readFrom(site_id, START)
  await insert(
    1,
    makeRow({ site_id, event_id: 'late', received_at: NOW - 10 * 60 * 1000, occurred_at: NOW - 6 * DAY_MS }),
  )
  expect([idsOf(first), idsOf(await readFrom(site_id, first.end))]).toEqual([['quick'], ['late']])
})

it('returns each event once, in the order of receipt, for any page size', async () => {
  const site_id = 'ws_pages'
  const ids = Array.from({ length: 50 }, (_, number) => `event-${number}`)
  // Two months, hence two parts; and ten events of one millisecond.
  await insert(
    0,
    ...ids
      .map((event_id, number) =>
        makeRow({
          site_id,
          event_id,
          received_at: NOW + Math.floor(number / 10),
          occurred_at: NOW - (number % 2) * 7 * DAY_MS,
        }),
      )
      .reverse(),
  )
  for (const limit of [1, 7, 50, 100]) {
    const { events } = await readFrom(site_id, START, limit)
    expect(idsOf({ events }).sort()).toEqual([...ids].sort())
    const blocks = new Set(events.map(({ block }) => block))
    for (const block of blocks) {
      const receipts = events.filter((event) => event.block === block).map(({ receivedAt }) => receivedAt)
      expect(receipts).toEqual([...receipts].sort())
    }
  }
})

it('keeps the order of events if parts are merged and rows are deleted', async () => {
  const site_id = 'ws_merged'
  for (const event_id of ['a', 'b', 'c'])
    await insert(0, makeRow({ site_id, event_id, visitor_id: event_id }))
  const { events } = await readFrom(site_id, START)
  await engine.command('OPTIMIZE TABLE events FINAL')
  await stores[0]!.delete({ siteIds: [site_id], visitorId: 'b' })
  await insert(0, makeRow({ site_id, event_id: 'd' }))
  await engine.command('OPTIMIZE TABLE events FINAL')
  expect(idsOf(await readFrom(site_id, START))).toEqual(['a', 'c', 'd'])
  expect(idsOf(await readFrom(site_id, events[0]!))).toEqual(['c', 'd'])
  expect(await stores[0]!.lastPosition(site_id, SINCE)).toMatchObject({ receivedAt: NOW })
})

it('returns each event once if several collectors store events concurrently', async () => {
  const site_id = 'ws_race'
  let writers = stores.length
  const writing = stores.map(async (_store, index) => {
    for (let batch = 0; batch < 30; batch++) {
      const receivedAt = NOW - ((batch * 7919 + index) % 60_000)
      await insert(
        index,
        ...Array.from({ length: 5 }, (_, i) =>
          makeRow({
            site_id,
            event_id: `${index}-${batch}-${i}`,
            received_at: receivedAt,
            occurred_at: NOW - ((i * 8) % 7) * DAY_MS,
          }),
        ),
      )
      if (batch % 10 === index) await engine.command('OPTIMIZE TABLE events')
    }
    writers--
  })
  const seen: string[] = []
  let end: FeedPosition = START
  const deadline = performance.now() + 90_000
  while (seen.length < 450) {
    if (performance.now() > deadline) throw new Error('the writers did not finish within 90 s')
    const isLast = writers === 0
    const page = await readFrom(site_id, end)
    seen.push(...idsOf(page))
    end = page.end
    if (isLast) break
  }
  await Promise.all(writing)
  expect(seen).toHaveLength(450)
  expect(new Set(seen).size).toBe(450)
})

it('returns only the first of several copies of an event', async () => {
  const site_id = 'ws_copies'
  await insert(0, makeRow({ site_id, event_id: 'copied', received_at: NOW + 5 }))
  const first = await readFrom(site_id, START)
  await insert(
    1,
    makeRow({ site_id, event_id: 'copied' }),
    makeRow({ site_id, event_id: 'copied', path: '/other' }),
  )
  await insert(2, makeRow({ site_id, event_id: 'alone' }))
  expect(idsOf(first)).toEqual(['copied'])
  const { events } = await readFrom(site_id, first.end, 1)
  expect(events.map(({ eventId, path }) => [eventId, path])).toEqual([
    ['copied', '/other'],
    ['alone', '/'],
  ])
})

it('returns no feed position for a site without events', async () => {
  expect(await stores[0]!.lastPosition('ws_nothing', SINCE)).toBeUndefined()
  expect(await readFrom("ws_late' OR 1 --", START)).toEqual({ events: [], end: START })
})

it('continues the event feed after a restore from a backup', async () => {
  const site_id = 'ws_restored'
  for (const event_id of ['a', 'b', 'c']) await insert(0, makeRow({ site_id, event_id }))
  await engine.command('OPTIMIZE TABLE events FINAL')
  const folder = join(engine.dataDir, 'engine/backups/copy')
  await engine.command(`BACKUP TABLE events TO File('${folder}')`)
  await engine.command('DROP TABLE events SYNC')
  await engine.command(`RESTORE TABLE events FROM File('${folder}')`)
  const last = await stores[0]!.lastPosition(site_id, SINCE)
  await insert(0, makeRow({ site_id, event_id: 'new' }))
  expect(idsOf(await readFrom(site_id, last!))).toEqual(['new'])
})
