// What one bad endpoint does to the others, and to the memory.
//   node bench/webhooks-fairness.mjs [--seconds 30] [--storm 100000]
// First 19 endpoints alone and then with a tar-pit beside them: the time from an event to its arrival. Then a storm of events at an endpoint that never answers.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openEngine } from './webhooks/open-engine.mjs'
import { startReceiver } from './webhooks/start-receiver.mjs'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '30' }, storm: { type: 'string', default: '100000' } } })
const ENDPOINTS = 19
const PER_SITE = 10
const EVENTS_PER_S = 1
const MAX_RATIO = 1.5
const MAX_GROWTH_MB = 50
const BATCH = 1_000
const MB = 1024 * 1024

const failures = []
const p95 = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)]

/** Times from event to arrival in ms, at the endpoints that answer. */
async function measure(hasTarPit) {
  const latencies = []
  let hung = 0
  const receiver = await startReceiver(({ path, body }) => {
    if (path === '/tar-pit') {
      hung++
      return undefined
    }
    latencies.push(Date.now() - JSON.parse(body).data.at)
    return 200
  })
  const engine = await openEngine()
  const sites = []
  for (let count = 0; count < ENDPOINTS + 1; count++) {
    if (count % PER_SITE === 0) sites.push(await engine.addSite())
    if (count < ENDPOINTS) await engine.addWebhook(sites.at(-1), { port: receiver.port })
    else if (hasTarPit) await engine.addWebhook(sites.at(-1), { port: receiver.port, path: '/tar-pit' })
  }
  let keys = 0
  for (let tick = 0; tick < Number(values.seconds) * EVENTS_PER_S; tick++) {
    const at = Date.now()
    await engine.webhooks.outbox.put(sites.map((site) => ({ key: `event-${++keys}`, name: 'event', siteId: site.id, at, data: { at } })))
    await sleep(1000 / EVENTS_PER_S)
  }
  await sleep(2_000)
  await engine.close()
  await receiver.close()
  engine.remove()
  const expected = Number(values.seconds) * EVENTS_PER_S * ENDPOINTS
  if (latencies.length !== expected) failures.push(`${latencies.length} of ${expected} arrived`)
  if (hasTarPit && hung === 0) failures.push('nothing was sent to the tar-pit')
  return p95(latencies)
}

await measure(true)
const alone = await measure(false)
const beside = await measure(true)
console.log(`19 endpoints, from event to arrival: p95 ${alone} ms alone, ${beside} ms beside a tar-pit (${(beside / alone).toFixed(2)} times)`)
if (beside > alone * MAX_RATIO) failures.push('the tar-pit slows the others down')

const storm = Number(values.storm)
const silent = await startReceiver(() => undefined)
const engine = await openEngine()
const site = await engine.addSite()
await engine.addWebhook(site, { port: silent.port })
const put = async (from, count) => engine.webhooks.outbox.put(Array.from({ length: count }, (_, i) => ({ key: `event-${from + i}`, name: 'event', siteId: site.id, at: Date.now(), data: { path: '/products/tea', text: 'x'.repeat(300) } })))
await put(0, BATCH)
const before = process.memoryUsage().rss
let most = before
const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50)
const begin = performance.now()
for (let from = BATCH; from < storm; from += BATCH) await put(from, Math.min(BATCH, storm - from))
const took = performance.now() - begin
await sleep(1_000)
clearInterval(watch)
await engine.webhooks.stop(0)
const [webhook] = await engine.webhooks.listWebhooks({ accountId: site.accountId, siteId: site.id })
const { delivered, failed, dropped } = engine.readCounts()
const logged = (await engine.logOf(site)).filter(({ kind }) => kind === 'dropped').reduce((sum, { count }) => sum + count, 0)
const growth = (most - before) / MB
const sum = delivered + failed + dropped + webhook.backlog
console.log(`${storm} events at an endpoint that never answers, in ${Math.round(took / 1000)} s: delivered ${delivered} + failed ${failed} + dropped ${dropped} + waiting ${webhook.backlog} = ${sum}; dropped by the log ${logged}; memory grew by at most ${growth.toFixed(0)} MB`)
if (sum !== storm || logged !== dropped) failures.push('the sums do not agree')
if (growth > MAX_GROWTH_MB) failures.push('memory grows')
await engine.close()
await silent.close()
engine.remove()
for (const failure of failures) console.log(`FAILED ${failure}`)
process.exitCode = failures.length > 0 ? 1 : 0
