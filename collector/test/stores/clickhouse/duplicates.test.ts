import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventRow } from '../../../src/ingest/event-row.js'
import { eventKey, type EventStore } from '../../../src/ingest/event-store.js'
import { createClickhouseEventStore } from '../../../src/stores/clickhouse/event-store.js'
import { fingerprintOf } from '../../../src/ingest/event-row.js'
import { makeRow as makeStoredRow } from '../../support/make-row.js'
import { startTestEngine, type TestEngine } from '../../support/start-test-engine.js'

const NOW = Date.UTC(2026, 5, 1, 12)
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

const makeRow = (fields: Partial<EventRow>) => makeStoredRow({ occurred_at: NOW, ...fields })
const insert = (store: number, ...rows: EventRow[]) => stores[store]!.insertEvents(rows, randomUUID())
const read = (site: string) =>
  engine.select<{ event_id: string; received: number }>(
    `SELECT event_id, toUnixTimestamp64Milli(received_at) AS received FROM events WHERE site_id = '${site}' ORDER BY event_id, received_at`,
  )

it.each([
  {
    event_type: 'custom',
    event_name: 'Größe wählen 🛒',
    path: '/caf%C3%A9',
    query: 'a=1&b=%22',
    properties: JSON.stringify({ note: 'zeile\nzwei "quoted" \u0000 \\ ☕', n: 1.5, yes: true }),
  },
  { event_type: 'pageview', origin: '', path: '', properties: '{}' },
])('restores the fingerprint of a stored event: %#', async (fields) => {
  const row = makeRow({ site_id: 'ws_fingerprint', event_id: randomUUID(), ...fields })
  await insert(0, row)
  const key = eventKey(row.site_id, row.event_id)
  expect(
    (await stores[1]!.findStored([{ siteId: row.site_id, eventId: row.event_id }], NOW - 1000)).get(key),
  ).toEqual([{ fingerprint: fingerprintOf(row), visitorId: row.visitor_id, sessionId: row.session_id }])
  expect(await stores[1]!.recentEvents(NOW - 1000, 100)).toContainEqual({
    key,
    fingerprint: fingerprintOf(row),
  })
})

it('finds thousands of events with long IDs in one query', async () => {
  const row = makeRow({ site_id: 'ws_many', event_id: `${'é&%'.repeat(42)}aa` })
  await insert(0, row)
  const keys = Array.from({ length: 20_000 }, (_, number) => ({
    siteId: 'ws_many',
    eventId: `${'é&%'.repeat(40)}${number}`,
  }))
  const found = await stores[0]!.findStored(
    [...keys, { siteId: row.site_id, eventId: row.event_id }],
    NOW - 1000,
  )
  expect([...found.keys()]).toEqual([eventKey(row.site_id, row.event_id)])
})

it('keeps the copy that was received first if several collectors stored an event', async () => {
  const event = { site_id: 'ws_copies', event_id: 'three' }
  await insert(
    0,
    makeRow({ ...event, received_at: NOW + 20 }),
    makeRow({ site_id: 'ws_copies', event_id: 'once' }),
  )
  await insert(
    1,
    makeRow({ ...event, received_at: NOW + 10 }),
    makeRow({ site_id: 'ws_copies', event_id: 'same moment' }),
  )
  await insert(
    2,
    makeRow({ ...event, received_at: NOW + 30 }),
    makeRow({ site_id: 'ws_copies', event_id: 'same moment' }),
  )
  expect(await stores[0]!.deleteDuplicates(NOW - 1000)).toBe(3)
  expect(await read('ws_copies')).toEqual([
    { event_id: 'once', received: NOW },
    { event_id: 'same moment', received: NOW },
    { event_id: 'three', received: NOW + 10 },
  ])
  expect(await stores[0]!.deleteDuplicates(NOW - 1000)).toBe(0)
})

it('leaves one copy of each event of a batch that one collector stored twice, also after merges', async () => {
  const rows = Array.from({ length: 50 }, (_, number) =>
    makeRow({ site_id: 'ws_twice', event_id: `event-${number}`, session_id: randomUUID() }),
  )
  for (let copy = 0; copy < 3; copy++) await insert(0, ...rows)
  await engine.command('OPTIMIZE TABLE events FINAL')
  await insert(0, ...rows)
  expect(await read('ws_twice')).toHaveLength(4 * rows.length)

  for (let deleted = -1; deleted !== 0;) deleted = await stores[1]!.deleteDuplicates(NOW - 1000)
  expect((await read('ws_twice')).map(({ event_id }) => event_id)).toEqual(
    rows.map(({ event_id }) => event_id).toSorted(),
  )
})

it('does not store a batch again after a thousand other inserts', async () => {
  const [row, batchId] = [makeRow({ site_id: 'ws_window', event_id: 'one' }), randomUUID()]
  await stores[0]!.insertEvents([row], batchId)
  const others = Array.from({ length: 1_020 }, (_, number) => number)
  // Ten at a time: each insert is an fsync.
  for (let first = 0; first < others.length; first += 10)
    await Promise.all(
      others
        .slice(first, first + 10)
        .map((number) => insert(1, makeRow({ site_id: 'ws_window_others', event_id: `other-${number}` }))),
    )
  await stores[0]!.insertEvents([row], batchId)
  expect(await read('ws_window')).toHaveLength(1)
})

it('keeps events with the same ID if their content or their site differs', async () => {
  await insert(
    0,
    makeRow({ site_id: 'ws_other', event_id: 'shared' }),
    makeRow({ site_id: 'ws_other_2', event_id: 'shared' }),
  )
  await insert(1, makeRow({ site_id: 'ws_other', event_id: 'shared', path: '/other' }))
  expect(await stores[0]!.deleteDuplicates(NOW - 1000)).toBe(0)
  expect([...(await read('ws_other')), ...(await read('ws_other_2'))]).toHaveLength(3)
})

it('leaves one copy of each of 300 events if three collectors delete duplicates at the same time', async () => {
  const ids = Array.from({ length: 300 }, (_, number) => `event-${number}`)
  const copies = (delay: number) =>
    ids.map((event_id, number) =>
      makeRow({ site_id: 'ws_sweep', event_id, received_at: NOW + ((number * 7 + delay) % 50) }),
    )
  await Promise.all([0, 1, 2].map((store) => insert(store, ...copies(store * 11))))
  await Promise.all([...stores.map((store) => store.deleteDuplicates(NOW - 1000)), insert(1, ...copies(60))])
  for (let sweeps = 0; (await stores[0]!.deleteDuplicates(NOW - 1000)) > 0; sweeps++)
    expect(sweeps, 'sweeps until no copy is left').toBeLessThan(100)
  expect((await read('ws_sweep')).map(({ event_id }) => event_id)).toEqual(ids.toSorted())
})

it('returns the receipt time of the newest event', async () => {
  expect(await stores[0]!.newestReceipt(NOW + 3_600_000)).toBe(0)
  await insert(0, makeRow({ site_id: 'ws_newest', event_id: randomUUID(), received_at: NOW + 7_200_000 }))
  expect(await stores[0]!.newestReceipt(NOW + 3_600_000)).toBe(NOW + 7_200_000)
})
