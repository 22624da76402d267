// kill -9 of the collector under load, again and again: is every acknowledged event there, and none twice?
//   node bench/crash.mjs [--kills 20] [--clients 50] [--control]
// --control runs a collector that acknowledges before the commit. It must lose events, or this proves nothing.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createClient } from '@clickhouse/client'
import { startEmbeddedEngine } from '../collector/dist/stores/embedded-engine.js'
import { makeAddress, makeEvent } from './make-event.mjs'
import { runServer } from './run-server.mjs'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '20' }, clients: { type: 'string', default: '50' }, control: { type: 'boolean', default: false } },
})
const COLLECTOR = join(import.meta.dirname, '../collector/bin/zenovay-collector.mjs')
const command = values.control ? [join(import.meta.dirname, 'early-ack-collector.mjs')] : [COLLECTOR, 'start']
const CLIENT_RETRY_MS = 50
const SHORTEST_LIFE_MS = 300
const LIFE_SPREAD_MS = 700

const dataDir = mkdtempSync(join(tmpdir(), 'zenovay-crash-'))
const port = await freePort()
const env = { DATA_DIR: dataDir, PORT: String(port), LOG_LEVEL: 'fatal', TRUSTED_PROXIES: '127.0.0.1' }
const added = execFileSync(COLLECTOR, ['site', 'add', 'example.com'], { env: { ...process.env, ...env }, encoding: 'utf8' })
const path = `/e/${/tracking code: (\S+)/.exec(added)[1]}`

const acknowledged = new Set()
let running = true

/** Sends one event after the other; one that got no answer goes again, marked, until it has one. */
async function client() {
  while (running) {
    const event = makeEvent({ event_id: randomUUID() })
    for (let retry = false; ; retry = true) {
      const status = await post(JSON.stringify(retry ? { ...event, retry } : event)).catch(() => 0)
      if (status === 200) {
        acknowledged.add(event.event_id)
        break
      }
      if (status !== 0 && status !== 503) throw new Error(`the collector answered ${status}`)
      if (!running) break
      await sleep(CLIENT_RETRY_MS)
    }
  }
}

function post(body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body), 'x-forwarded-for': makeAddress() }
    request({ host: '127.0.0.1', port, path, method: 'POST', headers, timeout: 30_000 }, (answer) => answer.resume().on('end', () => resolve(answer.statusCode)).on('error', reject))
      .on('timeout', function () {
        this.destroy(new Error('no answer'))
      })
      .on('error', reject)
      .end(body)
  })
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port: free } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return free
}

/** How often each event id is in the store. */
async function readStored() {
  const quiet = { debug() {}, error() {} }
  const engine = await startEmbeddedEngine(join(dataDir, 'engine'), quiet)
  const clickhouse = createClient({ url: engine.url })
  const answer = await clickhouse.query({ query: 'SELECT event_id AS id, count() AS n FROM events GROUP BY id', format: 'JSONCompactEachRow', clickhouse_settings: { output_format_json_quote_64bit_integers: 0 } })
  const counts = new Map(await answer.json())
  await clickhouse.close()
  await engine.stop()
  return counts
}

let server = await runServer(command, env)
const clients = Array.from({ length: Number(values.clients) }, client)
for (let kill = 0; kill < Number(values.kills); kill++) {
  await sleep(SHORTEST_LIFE_MS + Math.random() * LIFE_SPREAD_MS)
  await server.stop('SIGKILL')
  server = await runServer(command, env)
}
await sleep(SHORTEST_LIFE_MS)
// The last one dies as well, with its clients: what it acknowledged must be there without another start of its own.
running = false
await server.stop('SIGKILL')
await Promise.all(clients)

const stored = await readStored()
const lost = [...acknowledged].filter((id) => !stored.has(id)).length
const doubled = [...stored.values()].filter((count) => count > 1).length
rmSync(dataDir, { recursive: true })
console.log(`kills ${Number(values.kills) + 1}, acknowledged ${acknowledged.size}, stored ${stored.size}, lost ${lost}, doubled ${doubled}`)
const failed = lost > 0 || doubled > 0
if (values.control) console.log(failed ? 'control: events were lost, as they must be' : 'control: nothing was lost, so this run proves nothing')
process.exitCode = failed === values.control ? 0 : 1
