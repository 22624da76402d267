import { pino } from 'pino'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createEventCommit } from '../../../src/ingest/commit/event-commit.js'
import type { EventRow } from '../../../src/ingest/event-row.js'
import {
  eventKey,
  type EventKey,
  type EventStore,
  type StoredVersion,
} from '../../../src/ingest/event-store.js'
import { fingerprintOf } from '../../../src/ingest/event-row.js'

const log = pino({ level: 'silent' })
afterEach(() => void vi.useRealTimers())

/** An event store that keeps its rows in memory. */
function openMemoryStore(...known: EventRow[]) {
  const rows = [...known]
  const store = {
    recentEvents: () => Promise.resolve([]),
    findStored(asked: EventKey[]) {
      const found = new Map<string, StoredVersion[]>()
      for (const row of rows)
        if (asked.some(({ eventId }) => eventId === row.event_id))
          found.set(keyOf(row), [
            ...(found.get(keyOf(row)) ?? []),
            { fingerprint: fingerprintOf(row), visitorId: row.visitor_id, sessionId: row.session_id },
          ])
      return Promise.resolve(found)
    },
    insertEvents(added: EventRow[]) {
      rows.push(...added)
      return Promise.resolve()
    },
  } as Partial<EventStore> as EventStore
  return { store, ids: () => rows.map(({ event_id, path }) => event_id + path) }
}

const keyOf = (row: EventRow) => eventKey(row.site_id, row.event_id)
const makeRow = (eventId: string, path = '/') =>
  ({
    site_id: 'ws_1',
    event_id: eventId,
    event_type: 'pageview',
    event_name: '',
    origin: '',
    path,
    query: '',
    referrer: '',
    title: '',
    properties: '{}',
  }) as EventRow
const candidate = (eventId: string, { hasOwnId = true, retry = false, path = '/' } = {}) => ({
  row: makeRow(eventId, path),
  accountId: 'acc_1',
  hasOwnId,
  retry,
  idSpace: 'public' as const,
})

it('distinguishes new events from duplicates that this or another process stored', async () => {
  const { store, ids } = openMemoryStore(makeRow('elsewhere'))
  const { commit } = await createEventCommit({ store, log })
  const outcomes = await Promise.all([
    commit(candidate('one')),
    commit(candidate('one')),
    commit(candidate('elsewhere', { retry: true })),
    commit(candidate('two', { retry: true })),
    commit(candidate('ours', { hasOwnId: false })),
  ])
  expect(outcomes).toEqual(['stored', 'duplicate', 'duplicate', 'stored', 'stored'])
  expect(await commit(candidate('one'))).toBe('duplicate')
  expect(ids()).toEqual(['elsewhere/', 'one/', 'two/', 'ours/'])
})

it('accepts an event that was rejected earlier because the queue was full', async () => {
  const { store, ids } = openMemoryStore()
  let letGo!: () => void
  const held = new Promise<void>((resolve) => (letGo = resolve))
  const { commit } = await createEventCommit({
    store: { ...store, insertEvents: (rows, batchId) => held.then(() => store.insertEvents(rows, batchId)) },
    log,
  })
  const taken = Array.from({ length: 50_000 }, (_, number) => commit(candidate(`event-${number}`)))
  await expect(commit(candidate('too many'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  letGo()
  await Promise.all(taken)
  expect(await commit(candidate('too many'))).toBe('stored')
  expect(ids().filter((id) => id === 'too many/')).toHaveLength(1)
})

describe('a reused ID with a different body', () => {
  const RENAMED = /^one~[0-9a-z]+\/other$/

  it('stores a different event with a reused ID once under a new ID', async () => {
    const { store, ids } = openMemoryStore()
    let reused = 0
    const { commit } = await createEventCommit({ store, log, onReuse: () => reused++ })
    const outcomes: string[] = []
    for (const retry of [false, false, true])
      for (const path of ['/', '/other']) outcomes.push(await commit(candidate('one', { path, retry })))
    expect(outcomes).toEqual(['stored', 'stored', ...Array<string>(4).fill('duplicate')])
    expect(ids()).toEqual(['one/', expect.stringMatching(RENAMED)])
    expect(reused).toBe(1)
  })

  it('stores no second event for a retry with another body, although only the store knows the first', async () => {
    const { store, ids } = openMemoryStore(makeRow('one'))
    const { commit } = await createEventCommit({ store, log })
    for (const path of ['/', '/other', '/third'])
      expect(await commit(candidate('one', { path, retry: true }))).toBe('duplicate')
    expect(ids()).toEqual(['one/'])
  })

  it('stores an event although a sender has taken the new ID that the event will get', async () => {
    const { store, ids } = openMemoryStore()
    const { commit } = await createEventCommit({ store, log })
    const taken = `one~${fingerprintOf(makeRow('one', '/other')).toString(36)}`
    for (const [id, path] of [
      ['one', '/'],
      [taken, '/forged'],
      ['one', '/other'],
    ] as const)
      expect(await commit(candidate(id, { path }))).toBe('stored')
    expect(await commit(candidate('one', { path: '/other' }))).toBe('duplicate')
    expect(await commit(candidate(taken, { path: '/forged' }))).toBe('duplicate')
    expect(ids()).toHaveLength(3)
  })
})

it('retries a failed batch with the same rows, even if the store already contains them', async () => {
  const { store } = openMemoryStore()
  const attempts: EventRow[][] = []
  const { commit } = await createEventCommit({
    log,
    store: {
      ...store,
      async insertEvents(rows, batchId) {
        attempts.push(rows)
        // Written, but the answer is lost.
        if (attempts.length === 1) await store.insertEvents(rows, batchId)
        if (attempts.length === 1) throw new Error('socket hang up')
      },
    },
  })
  expect(await Promise.all([commit(candidate('one', { retry: true })), commit(candidate('two'))])).toEqual([
    'stored',
    'stored',
  ])
  expect(attempts.map((rows) => rows.map(({ event_id }) => event_id))).toEqual([
    ['one', 'two'],
    ['one', 'two'],
  ])
})

describe('the publication of events', () => {
  it('publishes events, including stored duplicates, before it acknowledges them', async () => {
    const { store, ids } = openMemoryStore(makeRow('elsewhere'))
    const steps: string[] = []
    const { commit } = await createEventCommit({
      log,
      store: {
        ...store,
        insertEvents: (rows, batchId) =>
          store.insertEvents(rows, batchId).then(() => void steps.push('stored')),
      },
      publish: async (items) =>
        void steps.push(`told of ${items.map(({ row }) => row.event_id).join(' and ')}`),
    })
    await Promise.all(
      [
        commit(candidate('one')),
        commit(candidate('elsewhere', { retry: true })),
        commit(candidate('one')),
      ].map((done) => done.then((outcome) => void steps.push(outcome))),
    )
    expect(steps).toEqual(['stored', 'told of one and elsewhere', 'stored', 'duplicate', 'duplicate'])
    expect(ids()).toEqual(['elsewhere/', 'one/'])
  })

  it('publishes an event that is stored under another ID than it would get now under its stored ID', async () => {
    const { store } = openMemoryStore(makeRow('older'))
    const told: string[] = []
    const { commit } = await createEventCommit({
      log,
      store,
      publish: async (items) => void told.push(...items.map(({ row }) => row.event_id)),
    })
    const sent = { ...candidate('older', { retry: true }), idSpace: 'keyed' as const }
    expect(await commit(sent)).toBe('duplicate')
    expect(told).toEqual(['older'])
  })

  it('retries the publication of events until it succeeds, without storing them again', async () => {
    const { store, ids } = openMemoryStore()
    let inserts = 0
    let told = 0
    const { commit } = await createEventCommit({
      log,
      store: { ...store, insertEvents: (rows, batchId) => (inserts++, store.insertEvents(rows, batchId)) },
      publish: () => (++told < 3 ? Promise.reject(new Error('the disk is full')) : Promise.resolve()),
    })
    expect(await commit(candidate('one'))).toBe('stored')
    expect([inserts, told, ids()]).toEqual([1, 3, ['one/']])
  })

  it('publishes a stored event that is sent again after its publication failed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const { store, ids } = openMemoryStore()
    const told: string[] = []
    let isFull = true
    let hasBegun!: () => void
    const begun = new Promise<void>((resolve) => (hasBegun = resolve))
    const { commit, drain } = await createEventCommit({
      log,
      store,
      async publish(items) {
        hasBegun()
        if (isFull) throw new Error('the disk is full')
        told.push(...items.map(({ row }) => row.event_id))
      },
    })
    const refused = expect(commit(candidate('one'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await begun
    // Longer than a batch with an unknown result is kept.
    await vi.advanceTimersByTimeAsync(11 * 60 * 1000)
    await Promise.all([refused, drain()])
    vi.useRealTimers()

    isFull = false
    expect(await commit(candidate('one'))).toBe('duplicate')
    expect([told, ids()]).toEqual([['one'], ['one/']])
    expect(await commit(candidate('one'))).toBe('duplicate')
    expect(told).toEqual(['one'])
  })
})
