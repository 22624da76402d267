// @ts-check
// Eight clients send each event one to five times, in any order: is each stored once?
//   node bench/once.mjs [--events 10000] [--collectors 2]
// Two collectors share one store and are stopped and killed in turn; clients time out and resend the event
// to the other one at once, with a mark. With one collector nothing fails, and half of the repeats have no
// mark.
import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { startEmbeddedEngine } from '../collector/dist/stores/engine/embedded-engine.js'
import { COLLECTOR, findFreePort, openSite } from './faults/open-site.mjs'
import { makeAddress, makeEvent } from './make-event.mjs'
import { runServer } from './run-server.mjs'

const { values } = parseArgs({
  options: { events: { type: 'string', default: '10000' }, collectors: { type: 'string', default: '2' } },
})
const EVENTS = Number(values.events)
const COLLECTORS = Number(values.collectors)
const CLIENTS = 8
const MOST_SENDS = 5
const MAX_SHORT_TIMEOUT_MS = 60
const TIMEOUT_MS = 30_000
const LIFE_MS = 1_500
// The collectors search for copies once a minute, give or take a quarter; on a busy machine the last search
// may be late.
const SWEEP_WITHIN_MS = 180_000

const isShared = COLLECTORS > 1
const site = await openSite()
const engine = await startEmbeddedEngine(join(site.dataDir, 'engine'), pino({ level: 'silent' }))
const clickhouse = createClient({ url: engine.url })
const collectors = await Promise.all(
  Array.from({ length: COLLECTORS }, async () => {
    const env = { ...site.env, CLICKHOUSE_URL: engine.url, PORT: String(await findFreePort()) }
    return { env, server: await runServer([COLLECTOR, 'start'], env) }
  }),
)

const events = Array.from({ length: EVENTS }, () => makeEvent({ event_id: randomUUID() }))
const sends = shuffle(
  events.flatMap((event) => Array(1 + Math.floor(Math.random() * MOST_SENDS)).fill(event)),
)
const planned = sends.length
const begun = new Set()
const acknowledged = new Set()
let transmissions = 0
let timedOut = 0

function shuffle(list) {
  for (let i = list.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1))
    ;[list[i], list[other]] = [list[other], list[i]]
  }
  return list
}

/** Sends an event until it is acknowledged; after a timeout, the next attempt follows at once. */
async function deliver(event) {
  for (let target = Math.floor(Math.random() * COLLECTORS); ; target = (target + 1) % COLLECTORS) {
    const isRepeat = begun.has(event.event_id)
    begun.add(event.event_id)
    const isMarked = isRepeat && (isShared || Math.random() < 0.5)
    const timeoutMs = isShared && Math.random() < 0.3 ? Math.random() * MAX_SHORT_TIMEOUT_MS : TIMEOUT_MS
    transmissions++
    const status = await post(
      collectors[target].env.PORT,
      JSON.stringify(isMarked ? { ...event, retry: true } : event),
      timeoutMs,
    )
    if (status === 200) return acknowledged.add(event.event_id)
    if (![0, 503].includes(status)) throw new Error(`a collector answered ${status}`)
    if (timeoutMs < TIMEOUT_MS) timedOut++
    else await sleep(50)
  }
}

/** Resolves to the status, or 0 without an answer. */
function post(port, body, timeoutMs) {
  return new Promise((resolve) => {
    const headers = {
      'content-type': 'text/plain',
      'content-length': Buffer.byteLength(body),
      'x-forwarded-for': makeAddress(),
    }
    const sent = request({ host: '127.0.0.1', port, path: site.path, method: 'POST', headers }, (answer) =>
      answer.resume().on('end', () => resolve(answer.statusCode)),
    )
    const timer = setTimeout(() => sent.destroy(new Error('timed out')), timeoutMs)
    sent.on('error', () => resolve(0)).on('close', () => clearTimeout(timer))
    sent.end(body)
  })
}

async function readCounts() {
  const answer = await clickhouse.query({
    query:
      "SELECT count(), uniqExact(event_id), (SELECT count() FROM system.mutations WHERE table = 'events' AND command LIKE '%_row_exists%') FROM events",
    format: 'JSONCompactEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  const [[rows, ids, sweeps]] = await answer.json()
  return { rows, ids, sweeps }
}

let sending = true
let restarts = 0
async function restartInTurn() {
  for (; isShared && sending; restarts++) {
    await sleep(LIFE_MS)
    const collector = collectors[restarts % COLLECTORS]
    await collector.server.stop(restarts % 4 < 2 ? 'SIGKILL' : 'SIGTERM')
    collector.server = await runServer([COLLECTOR, 'start'], collector.env)
  }
}

const restarting = restartInTurn()
await Promise.all(
  Array.from({ length: CLIENTS }, async () => {
    while (sends.length > 0) await deliver(sends.pop())
  }),
)
sending = false
await restarting

const first = await readCounts()
let last = first
for (
  const deadline = Date.now() + SWEEP_WITHIN_MS;
  last.rows !== last.ids && Date.now() < deadline;
  last = await readCounts()
)
  await sleep(1_000)
await Promise.all(collectors.map(({ server }) => server.stop()))
await clickhouse.close()
await engine.stop()
site.remove()

console.log(
  `events ${EVENTS}, sends ${planned}, transmissions ${transmissions} (${timedOut} given up by their client), restarts ${restarts}`,
)
console.log(
  `acknowledged ${acknowledged.size}, rows when the last was acknowledged ${first.rows}, rows in the end ${last.rows}, different events ${last.ids}; sweeps that deleted copies ${last.sweeps}`,
)
process.exitCode = last.rows === EVENTS && last.ids === EVENTS && acknowledged.size === EVENTS ? 0 : 1
