import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LIVE_WINDOW_MS, MAX_AGE_MS } from '@zenovay/tracker/contract'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventRow, HeartbeatRow } from '../../src/ingest/event-row.js'
import type { EventStore } from '../../src/ingest/event-store.js'
import { createClickhouseEventStore } from '../../src/stores/clickhouse/event-store.js'
import { type EmbeddedEngine, startEmbeddedEngine } from '../../src/stores/engine/embedded-engine.js'
import { makeRow } from '../support/make-row.js'

// The same with a million, in some minutes: LIVE_EVENTS=1000000 npx vitest run
// collector/test/live/live-count-exact.test.ts
const EVENTS = Number(process.env['LIVE_EVENTS'] ?? 20_000)
const CHECKPOINTS = 12
const SITES = ['ws_big', 'ws_small', 'ws_quiet']

let folder: string
let engine: EmbeddedEngine
let store: EventStore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zenovay-live-'))
  engine = await startEmbeddedEngine(join(folder, 'engine'), pino({ level: 'silent' }))
  store = await createClickhouseEventStore({ url: engine.url })
})
afterAll(async () => {
  await store.close()
  await engine.stop()
  await rm(folder, { recursive: true })
})

const random = (below: number) => Math.floor(Math.random() * below)

it(
  `returns the same live count as a brute-force count of ${EVENTS} random events and heartbeats`,
  { timeout: 600_000 },
  async () => {
    // Twenty minutes that ended just now: four times the window.
    const end = Date.now()
    const begin = end - 4 * LIVE_WINDOW_MS
    const lastSeen = new Map(SITES.map((site) => [site, new Map<string, number>()]))
    let largest = 0
    for (let checkpoint = 1; checkpoint <= CHECKPOINTS; checkpoint++) {
      const [from, to] = [checkpoint - 1, checkpoint].map((step) =>
        Math.round(begin + ((end - begin) * step) / CHECKPOINTS),
      ) as [number, number]
      const [events, heartbeats]: [EventRow[], HeartbeatRow[]] = [[], []]
      for (let i = 0; i < EVENTS / CHECKPOINTS; i++) {
        const site_id = SITES[Math.min(random(20), 2)]!
        const visitor_id = `visitor-${random(EVENTS / 10)}`
        // Many exactly on the edges of later windows.
        const received_at = random(10) === 0 ? from + 1 : from + 1 + random(to - from)
        const occurred_at = received_at - (random(3) === 0 ? random(MAX_AGE_MS + 1) : 0)
        const isHeartbeat = random(4) === 0
        if (isHeartbeat) heartbeats.push({ site_id, visitor_id, received_at })
        else events.push(makeRow({ site_id, visitor_id, received_at, occurred_at }))
        const seen = lastSeen.get(site_id)!
        const at = isHeartbeat ? received_at : occurred_at
        seen.set(visitor_id, Math.max(seen.get(visitor_id) ?? 0, at))
      }
      await Promise.all([
        store.insertEvents(events, `events-${checkpoint}`),
        store.insertHeartbeats(heartbeats, `heartbeats-${checkpoint}`),
      ])
      for (const site of SITES)
        for (const since of [to - LIVE_WINDOW_MS, from + 1, from + 2, from + random(to - from)]) {
          const expected = [...lastSeen.get(site)!.values()].filter((time) => time >= since).length
          expect((await store.countVisitorsSince([site], since)).get(site)).toBe(expected)
          largest = Math.max(largest, expected)
        }
    }
    expect(largest).toBeGreaterThan(EVENTS / 100)
  },
)
