// @ts-check
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { writeEvents } from './write-events.mjs'

const DAY_MS = 24 * 60 * 60 * 1000
const SITE_ID = 's'
const ASKED_DAYS = 30
const LOG = pino({ level: 'error' }, pino.destination(2))

/**
 * An engine with that many events and rollups of the queried days, and report stores for both sources. `collector` is the
 * folder of the built collector, `captured` the share of captured events.
 */
export async function openStore({ folder, collector, events, captured, days }) {
  const load = (module) => import(join(collector, `${module}.js`))
  const { createClickhouseEventStore } = await load('stores/clickhouse/event-store')
  const { createClickhouseReportStore } = await load('stores/clickhouse/report-store')
  const { startEmbeddedEngine } = await load('stores/engine/embedded-engine')
  const { createRollups } = await load('stores/clickhouse/rollups/roll-up')
  await mkdir(folder, { recursive: true })
  const engine = await startEmbeddedEngine(folder, LOG)
  const enginePid = Number(
    execFileSync('pgrep', ['-P', String(process.pid), '-f', 'engine-child'], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .at(-1),
  )
  const readMemory = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${enginePid}/status`, 'utf8'))[1]) * 1024
  const idleBytes = readMemory()
  const { url } = engine
  const live = await createClickhouseEventStore({ url })
  const client = createClient({ url, request_timeout: 30 * 60_000, log: { level: 127 } })
  const select = async (query, query_params) =>
    (
      await client.query({
        query,
        query_params,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      })
    ).json()

  let [found] = await select(
    'SELECT count() AS events, toUnixTimestamp64Milli(max(occurred_at)) AS newest FROM events',
    {},
  )
  if (found.events === 0) {
    await writeEvents(client, { siteId: SITE_ID, events, captured, until: Date.now(), spanMs: days * DAY_MS })
    ;[found] = await select(
      'SELECT count() AS events, toUnixTimestamp64Milli(max(occurred_at)) AS newest FROM events',
      {},
    )
  }
  // The last day of the period is not over yet.
  const to = Math.max(Date.now(), found.newest + 1)
  const period = { from: to - ASKED_DAYS * DAY_MS, to }
  const rollups = createRollups({ url })
  const countSettled = async () =>
    (
      await select(
        'SELECT count() AS days FROM settled_days FINAL WHERE is_settled AND day >= toDate(fromUnixTimestamp64Milli({from: Int64}))',
        { from: period.from },
      )
    )[0].days
  // Newest days first: days before the queried ones need not be awaited.
  for (let isDone = false; !isDone && (await countSettled()) < ASKED_DAYS - 1;)
    ({ isDone } = await rollups.rollUp({ forMs: 10_000 }))
  await rollups.close()

  const [measured] = await select(
    `SELECT count() AS captured FROM events WHERE event_type = 'engagement' AND properties != '{}'`,
    {},
  )
  const [asked] = await select(
    'SELECT count() AS events, uniqExact(cityHash64(session_id)) AS visits FROM events WHERE occurred_at >= fromUnixTimestamp64Milli({from: Int64})',
    { from: period.from },
  )
  const reports = {
    settled: createClickhouseReportStore({ url }),
    raw: createClickhouseReportStore({ url, useRollups: false, timeoutMs: 5 * 60_000 }),
  }
  return {
    events: found.events,
    captured: measured.captured,
    asked: asked.events,
    visits: asked.visits,
    settledDays: await countSettled(),
    idleBytes,
    scope: { siteId: SITE_ID, period, filters: [] },
    reports,
    live,
    readMemory,
    async close() {
      for (const store of [reports.settled, reports.raw, live, client]) await store.close()
      await engine.stop()
    },
  }
}
