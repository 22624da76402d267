import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createClickhouseEventStore } from '../../../src/stores/clickhouse/event-store.js'
import {
  EVENT_COLUMNS,
  HEARTBEAT_COLUMNS,
  WRITER_COLUMN,
} from '../../../src/stores/clickhouse/event-columns.js'
import { createClickhouseReportStore } from '../../../src/stores/clickhouse/report-store.js'
import { SCHEMA_STEPS } from '../../../src/stores/clickhouse/schema.js'
import { startEmbeddedEngine } from '../../../src/stores/engine/embedded-engine.js'
import { makeRow } from '../../support/make-row.js'
import { startTestEngine } from '../../support/start-test-engine.js'

const RELEASED_STEPS = readFileSync(new URL('released-schema.sql', import.meta.url), 'utf8')
  .split(';\n')
  .filter((step) => step !== '')

it('keeps every released schema step unchanged', () => {
  expect(RELEASED_STEPS.length).toBeGreaterThan(10)
  expect(SCHEMA_STEPS.slice(0, RELEASED_STEPS.length)).toEqual(RELEASED_STEPS)
})

it('adds new columns to the tables of an older release, and keeps their rows', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zenovay-schema-'))
  const engine = await startEmbeddedEngine(join(folder, 'engine'), pino({ level: 'silent' }))
  const client = createClient({ url: engine.url })
  for (const step of SCHEMA_STEPS.slice(0, 2)) await client.command({ query: step })
  await client.command({
    query: `INSERT INTO events (site_id, received_at, occurred_at, event_id, origin, path) VALUES ('ws_1', now64(3), now64(3), 'old', 'https://example.com', '/')`,
  })

  // Twice, because a collector runs every step at every start.
  for (let start = 0; start < 2; start++) await (await createClickhouseEventStore({ engine })).close()

  const answer = await client.query({
    query:
      'SELECT event_id, path, country, channel, source, utm_source, utm_medium, utm_campaign, utm_term, utm_content, interactive FROM events',
    format: 'JSONEachRow',
  })
  expect(await answer.json()).toEqual([
    {
      event_id: 'old',
      path: '/',
      country: '',
      channel: '',
      source: '',
      utm_source: '',
      utm_medium: '',
      utm_campaign: '',
      utm_term: '',
      utm_content: '',
      interactive: true,
    },
  ])
  const columns = await client.query({
    query:
      "SELECT table, name, type FROM system.columns WHERE database = currentDatabase() AND table IN ('events', 'heartbeats') ORDER BY table, name",
    format: 'JSONEachRow',
  })
  const columnsOf = (table: string, expected: Record<string, { type: string }>) =>
    Object.entries(expected)
      .map(([name, { type }]) => ({ table, name, type }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  expect(await columns.json()).toEqual([
    ...columnsOf('events', {
      ...EVENT_COLUMNS,
      writer: WRITER_COLUMN,
      role: { type: 'UInt8' },
      view_key: { type: 'UInt64' },
      engaged_ms: { type: 'UInt32' },
      scroll: { type: 'Int8' },
    }),
    ...columnsOf('heartbeats', HEARTBEAT_COLUMNS),
  ])
  await client.close()
  await engine.stop()
  await rm(folder, { recursive: true })
})

it('counts the events of an older release as interactive, and newer events by their own value', async () => {
  const engine = await startTestEngine()
  for (const step of RELEASED_STEPS) await engine.command(step)
  const now = Date.now()
  const insertOld = (session: string, type: string, at: number) =>
    engine.command(
      `INSERT INTO events (site_id, received_at, occurred_at, event_id, event_type, visitor_id, session_id) VALUES ('ws_1', ${at}, ${at}, '${session}-${type}', '${type}', 'visitor', '${session}')`,
    )
  await insertOld('old', 'pageview', now)
  await insertOld('old', 'custom', now + 1)

  const store = await createClickhouseEventStore({ engine })
  const reports = createClickhouseReportStore({ engine })
  const readBounceRate = async () => {
    const period = { from: now - 60_000, to: now + 60_000 }
    return (await reports.summary({ siteId: 'ws_1', period, filters: [] })).bounceRate
  }
  expect(await readBounceRate()).toBe(0)
  // An older collector may still write to the store while another one is updated.
  await insertOld('late', 'pageview', now)
  await insertOld('late', 'custom', now + 1)
  expect(await readBounceRate()).toBe(0)
  const row = { session_id: 'new', visitor_id: 'visitor' }
  await store.insertEvents(
    [
      makeRow({ ...row, occurred_at: now }),
      makeRow({ ...row, occurred_at: now + 1, event_type: 'custom', interactive: false }),
    ],
    randomUUID(),
  )
  expect(await readBounceRate()).toBe(33.3)
  await store.close()
  await reports.close()
  await engine.close()
})
