// @ts-check
// The cost of queuing events for webhooks, and the cost without any subscriber.
//   node bench/webhooks-put.mjs [--events 1000] [--rounds 20]
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { openEngine } from './webhooks/open-engine.mjs'

const { values } = parseArgs({
  options: { events: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '20' } },
})
const events = Number(values.events)
const rounds = Number(values.rounds)
const ASKED = 10_000_000
const DEAD_PORT = 9_999
const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1]
// About the payload of a pageview.
const data = {
  siteId: 'ws_aaaaaaaaaaaa',
  path: '/products/tea?size=large',
  title: 'Green tea',
  referrer: 'https://search.example/',
  visitorId: 'visitor-0001',
  sessionId: 'session-0001',
  browser: 'Firefox',
  os: 'Linux',
  country: 'CH',
  device: 'desktop',
}

for (const webhooks of [0, 1, 10]) {
  const engine = await openEngine()
  const site = await engine.addSite()
  for (let count = 0; count < webhooks; count++) await engine.addWebhook(site, { port: DEAD_PORT })
  // Sends nothing: measures the cost of storing alone.
  await engine.webhooks.stop(1_000)
  let keys = 0
  const took = []
  const worked = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  for (let round = 0; round < rounds; round++) {
    const batch = Array.from({ length: events }, () => ({
      key: `event-${++keys}`,
      name: /** @type {const} */ ('event'),
      siteId: site.id,
      at: Date.now(),
      data,
    }))
    const before = process.cpuUsage()
    const began = performance.now()
    await engine.webhooks.outbox.put(batch)
    took.push(performance.now() - began)
    const { user, system } = process.cpuUsage(before)
    worked.push((user + system) / 1000)
  }
  delay.disable()
  const began = performance.now()
  let wanted = 0
  for (let asked = 0; asked < ASKED; asked++)
    if (engine.webhooks.outbox.hasSubscriber(site.id, 'event')) wanted++
  const nanoseconds = ((performance.now() - began) / ASKED) * 1e6
  const bytes =
    webhooks > 0
      ? Math.round(statSync(join(engine.dataDir, 'control.db')).size / (rounds * events * webhooks))
      : 0
  console.log(
    `${events} events for ${webhooks} webhooks: put ${median(took).toFixed(1)} ms (${median(worked).toFixed(0)} ms of processor), longest ${Math.max(...took).toFixed(1)} ms, event loop held up at most ${(delay.max / 1e6).toFixed(0)} ms, ${bytes} bytes of file for each delivery; hasSubscriber() ${nanoseconds.toFixed(0)} ns${wanted > 0 ? '' : ', says no'}`,
  )
  await engine.control.close()
  engine.remove()
}
