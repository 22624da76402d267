// @ts-check
// The effect of one bad endpoint on the others, and on memory.
//   node bench/webhooks-fairness.mjs [--rounds 3] [--seconds 10] [--storm 100000]
// First 19 endpoints alone and together with a tar pit, in turn, so that other load on the machine affects
// both: the time from an event to its arrival. Then a storm of events for an endpoint that never answers,
// and one for an endpoint that refuses every connection until it is disabled.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openEngine } from './webhooks/open-engine.mjs'
import { startReceiver } from './webhooks/start-receiver.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    storm: { type: 'string', default: '100000' },
  },
})
const ENDPOINTS = 19
const PER_SITE = 10
const EVENTS_PER_S = 1
const MAX_RATIO = 1.5
const MAX_GROWTH_MB = 50
const BATCH = 1_000
// Three attempts take 30 s.
const DISABLED_WITHIN_MS = 60_000
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
    await engine.webhooks.outbox.put(
      sites.map((site) => ({ key: `event-${++keys}`, name: 'event', siteId: site.id, at, data: { at } })),
    )
    await sleep(1000 / EVENTS_PER_S)
  }
  await sleep(2_000)
  await engine.close()
  await receiver.close()
  engine.remove()
  const expected = Number(values.seconds) * EVENTS_PER_S * ENDPOINTS
  if (latencies.length !== expected) failures.push(`${latencies.length} of ${expected} arrived`)
  if (hasTarPit && hung === 0) failures.push('nothing was sent to the tar-pit')
  return latencies
}

await measure(true)
const pools = { alone: [], beside: [] }
for (let round = 0; round < Number(values.rounds); round++) {
  pools.alone.push(...(await measure(false)))
  pools.beside.push(...(await measure(true)))
}
const [alone, beside] = [p95(pools.alone), p95(pools.beside)]
console.log(
  `19 endpoints, from event to arrival: p95 ${alone} ms alone, ${beside} ms beside a tar-pit (${(beside / alone).toFixed(2)} times)`,
)
if (beside > alone * MAX_RATIO) failures.push('the tar-pit slows the others down')

const storm = Number(values.storm)

/** A storm of events for one endpoint: their results, and their cost. */
async function rage(kind, port, isOver) {
  const engine = await openEngine()
  const site = await engine.addSite()
  await engine.addWebhook(site, { port })
  let [keys, unwanted] = [0, 0]
  const put = async (count) => {
    // A disabled webhook gets no events.
    if (!engine.webhooks.outbox.hasSubscriber(site.id, 'event')) return void (unwanted += count)
    await engine.webhooks.outbox.put(
      Array.from({ length: count }, () => ({
        key: `event-${++keys}`,
        name: 'event',
        siteId: site.id,
        at: Date.now(),
        data: { path: '/products/tea', text: 'x'.repeat(300) },
      })),
    )
  }
  await put(BATCH)
  const before = process.memoryUsage().rss
  let most = before
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50)
  const begin = performance.now()
  for (let left = storm - BATCH; left > 0; left -= BATCH) await put(Math.min(BATCH, left))
  const took = performance.now() - begin
  const find = async () =>
    (await engine.webhooks.listWebhooks({ accountId: site.accountId, siteId: site.id }))[0]
  while (!isOver(await find(), performance.now() - begin - took)) await sleep(200)
  clearInterval(watch)
  await engine.webhooks.stop(0)
  const webhook = await find()
  const { delivered, failed, dropped } = engine.readCounts()
  const log = await engine.logOf(site)
  const attempts = log.filter(({ kind: entry }) => entry === 'delivery')
  const logged = log
    .filter(({ kind: entry }) => entry === 'dropped')
    .reduce((sum, { count }) => sum + count, 0)
  const failedByLog = attempts.filter(({ note }) => note === 'failed').length
  const growth = (most - before) / MB
  const sum = delivered + failed + dropped + webhook.backlog + unwanted
  console.log(
    `${storm} events at an endpoint that ${kind}, in ${Math.round(took / 1000)} s: delivered ${delivered} + failed ${failed} + dropped ${dropped} + waiting ${webhook.backlog} + of after it was disabled ${unwanted} = ${sum}`,
  )
  console.log(
    `  by the log: ${attempts.length} attempts, failed ${failedByLog}, dropped ${logged}; ${webhook.isActive ? 'active' : `disabled, ${webhook.disabledReason}`}; memory grew by at most ${growth.toFixed(0)} MB`,
  )
  if (sum !== storm || logged !== dropped || failedByLog !== failed)
    failures.push(`${kind}: the sums do not agree`)
  if (growth > MAX_GROWTH_MB) failures.push(`${kind}: memory grows`)
  await engine.close()
  engine.remove()
  return log
}

const silent = await startReceiver(() => undefined)
await rage('never answers', silent.port, (_, waitedMs) => waitedMs > 1_000)
await silent.close()
// Its port is free now: every connection is refused at once.
const log = await rage(
  'refuses every connection',
  silent.port,
  ({ isActive }, waitedMs) => !isActive || waitedMs > DISABLED_WITHIN_MS,
)
if (log.filter(({ kind }) => kind === 'disabled').length !== 1)
  failures.push('the endpoint that refuses is not disabled once')
if (log.some(({ kind, error }) => kind === 'delivery' && error !== 'connection'))
  failures.push('the endpoint does not refuse')
for (const failure of failures) console.log(`FAILED ${failure}`)
process.exitCode = failures.length > 0 ? 1 : 0
