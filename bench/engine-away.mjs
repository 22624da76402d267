// @ts-check
// The engine is away under load: is every request answered in time, /health unhealthy, and no acknowledged
// event lost or duplicated?
//   node bench/engine-away.mjs [--how stop|kill|fail|lose] [--seconds 30] [--clients 100] [--rest-ms 0]
// stop: the engine's process is paused · kill: it is killed repeatedly · fail: it answers 500 · lose: it
// works, but its answers are lost
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { startEmbeddedEngine } from '../collector/dist/stores/engine/embedded-engine.js'
import { checkStore } from './faults/check-store.mjs'
import { COLLECTOR, findEngine, openSite } from './faults/open-site.mjs'
import { startProxy } from './faults/start-proxy.mjs'
import { startSenders } from './faults/start-senders.mjs'
import { runServer } from './run-server.mjs'

const { values } = parseArgs({
  options: {
    how: { type: 'string', default: 'stop' },
    seconds: { type: 'string', default: '30' },
    clients: { type: 'string', default: '100' },
    'rest-ms': { type: 'string', default: '0' },
  },
})
const ANSWER_WITHIN_MS = 25_000
const HEALTH_WITHIN_MS = 3_000
const KILL_EVERY_MS = 400
const POLL_MS = 500
const awayMs = Number(values.seconds) * 1000
// Duration of normal operation, before and after.
const wellMs = Math.min(2_000, awayMs / 2)

let isAway = false
const site = await openSite()
const { server, go, comeBack, close } = await (values.how === 'stop' || values.how === 'kill'
  ? startEmbedded()
  : startBehindProxy())
const senders = startSenders({ ...site, clients: Number(values.clients), pauseMs: Number(values['rest-ms']) })
await sleep(wellMs)
const before = senders.acknowledged.size

isAway = true
go()
const health = []
for (const end = performance.now() + awayMs; performance.now() < end; await sleep(POLL_MS)) {
  const asked = performance.now()
  const { status } = await fetch(`${server.url}/health`)
  health.push({ status, ms: performance.now() - asked, sinceAwayMs: asked - (end - awayMs) })
}
isAway = false
comeBack()
const back = performance.now()
const during = senders.acknowledged.size
while (senders.acknowledged.size === during && performance.now() - back < ANSWER_WITHIN_MS) await sleep(20)
const recoveredMs = Math.round(performance.now() - back)
await sleep(wellMs)
await senders.stop()
const healthAfter = (await fetch(`${server.url}/health`)).status
await server.stop()
await close()

const { stored, lost, doubled } = await checkStore(site.dataDir, senders.acknowledged)
site.remove()
const slowest = Math.round(senders.durations.reduce((a, b) => Math.max(a, b), 0))
const slowestHealth = Math.round(Math.max(...health.map(({ ms }) => ms)))
// The outage becomes known with the first failure.
const unhealthy = health.filter(({ sinceAwayMs }) => sinceAwayMs > 1000)
const answers = [...senders.answers].map(([status, count]) => `${count} × ${status}`).join(', ')
console.log(
  `${values.how} ${values.seconds} s: acknowledged ${before} before, ${during - before} while away, ${senders.acknowledged.size - during} after; answers ${answers}; slowest ${slowest} ms`,
)
console.log(
  `/health ${unhealthy.filter(({ status }) => status === 503).length} of ${unhealthy.length} × 503, slowest ${slowestHealth} ms, afterwards ${healthAfter}; first success ${recoveredMs} ms after it was back`,
)
console.log(
  `stored ${stored}, lost ${lost}, doubled ${doubled}, 503 without Retry-After ${senders.refusedWithoutRetryAfter.size}`,
)
const isGood =
  lost + doubled === 0 &&
  [...senders.answers.keys()].every((status) => status === 200 || status === 503) &&
  senders.refusedWithoutRetryAfter.size === 0 &&
  slowest < ANSWER_WITHIN_MS &&
  slowestHealth < HEALTH_WITHIN_MS &&
  healthAfter === 200 &&
  (values.how === 'kill' || unhealthy.every(({ status }) => status === 503)) &&
  senders.acknowledged.size > during
process.exitCode = isGood ? 0 : 1

/** The collector with its embedded engine, whose process receives signals. */
async function startEmbedded() {
  const running = await runServer([COLLECTOR, 'start'], site.env)
  const signal = (name) => {
    try {
      process.kill(findEngine(running.child.pid), name)
    } catch {
      // The engine is being restarted.
    }
  }
  const killing = async () => {
    for (; isAway; await sleep(KILL_EVERY_MS)) signal('SIGKILL')
  }
  return {
    server: running,
    go: () => (values.how === 'stop' ? signal('SIGSTOP') : void killing()),
    comeBack: () => values.how === 'stop' && signal('SIGCONT'),
    close: async () => {},
  }
}

/** The collector with an external engine, and a proxy in between. */
async function startBehindProxy() {
  const engine = await startEmbeddedEngine(join(site.dataDir, 'engine'), pino({ level: 'silent' }))
  const proxy = await startProxy({ target: engine.url, choose: () => (isAway ? values.how : 'pass') })
  const url = new URL(engine.url)
  url.port = String(proxy.port)
  return {
    server: await runServer([COLLECTOR, 'start'], { ...site.env, CLICKHOUSE_URL: url.href }),
    go: () => {},
    comeBack: () => {},
    async close() {
      proxy.stop()
      await engine.stop()
    },
  }
}
