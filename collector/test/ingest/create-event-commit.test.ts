import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createEventCommit } from '../../src/ingest/create-event-commit.js'
import type { EventRow } from '../../src/stores/event-row.js'
import { eventKey, type EventStore } from '../../src/stores/event-store.js'

const log = pino({ level: 'silent' })

/** An event store that keeps the keys it was given. */
function openMemoryStore(known: string[] = []) {
  const keys = [...known]
  const store = {
    recentKeys: () => Promise.resolve([]),
    findStored: (asked: { siteId: string; eventId: string }[]) => Promise.resolve(new Set(asked.map(({ siteId, eventId }) => eventKey(siteId, eventId)).filter((key) => keys.includes(key)))),
    insertEvents(rows: EventRow[]) {
      keys.push(...rows.map((row) => eventKey(row.site_id, row.event_id)))
      return Promise.resolve()
    },
  } as Partial<EventStore> as EventStore
  return { store, keys }
}

const candidate = (eventId: string, { hasOwnId = true, retry = false } = {}) => ({ row: { site_id: 'ws_1', event_id: eventId, path: '/', query: '', referrer: '', title: '', properties: '{}' } as EventRow, hasOwnId, retry })

it('tells what it stored from what came before, in this process or another', async () => {
  const { store, keys } = openMemoryStore(['ws_1 elsewhere'])
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
  expect(keys).toEqual(['ws_1 elsewhere', 'ws_1 one', 'ws_1 two', 'ws_1 ours'])
})

it('takes again what it refused because too much was waiting', async () => {
  const { store, keys } = openMemoryStore()
  let letGo!: () => void
  const held = new Promise<void>((resolve) => (letGo = resolve))
  const { commit } = await createEventCommit({ store: { ...store, insertEvents: (rows, batchId) => held.then(() => store.insertEvents(rows, batchId)) }, log })
  const taken = Array.from({ length: 50_000 }, (_, number) => commit(candidate(`event-${number}`)))
  await expect(commit(candidate('too many'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  letGo()
  await Promise.all(taken)
  expect(await commit(candidate('too many'))).toBe('stored')
  expect(keys.filter((key) => key === 'ws_1 too many')).toHaveLength(1)
})
