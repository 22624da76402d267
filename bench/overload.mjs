// @ts-check
// Five times the capacity of the collector, for 60 seconds, each request from another address.
//   node bench/overload.mjs [--seconds 60] [--factor 5] [--batch 30]
// Open loop: requests are sent on schedule, whether earlier ones are answered or not. The capacity is
// measured first, with the same requests.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createSenders } from './overload/create-senders.mjs'
import { COLLECTOR, openSite } from './faults/open-site.mjs'
import { runServer } from './run-server.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    factor: { type: 'string', default: '5' },
    batch: { type: 'string', default: '30' },
  },
})
const [seconds, factor, batch] = [values.seconds, values.factor, values.batch].map(Number)
const CAPACITY_CONNECTIONS = 64
const CAPACITY_SECONDS = 10
const RECOVERY_MS = 10_000
const TOKEN = 'the-token-of-the-benchmark'

const site = await openSite()
const env = { ...site.env, METRICS_TOKEN: TOKEN }
const collector = await runServer([COLLECTOR, 'start'], env)
const senders = createSenders({ port: Number(new URL(collector.url).port), path: site.path, batch })

const rssMiB = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${collector.child.pid}/status`, 'utf8'))[1]) / 1024
const quantile = (numbers, q) =>
  Math.round(numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * q)] ?? NaN)
const show = ({ statuses, latencies, errors }) =>
  `${JSON.stringify(statuses)}, lost connections ${JSON.stringify(errors)}, 200 in p50 ${quantile(latencies, 0.5)} ms, p99 ${quantile(latencies, 0.99)} ms`

try {
  await senders.runClosed({ connections: CAPACITY_CONNECTIONS, ms: 3_000 })
  const capacity = await senders.runClosed({
    connections: CAPACITY_CONNECTIONS,
    ms: CAPACITY_SECONDS * 1_000,
  })
  const perSecond = capacity.statuses[200] / CAPACITY_SECONDS
  console.log(`capacity: ${Math.round(perSecond)} requests of ${batch} events a second; ${show(capacity)}`)

  const memory = []
  const sampler = setInterval(() => memory.push(rssMiB()), 1_000)
  const overload = await senders.runOpen({ perSecond: perSecond * factor, ms: seconds * 1_000 })
  const endedAt = performance.now()
  clearInterval(sampler)
  console.log(
    `offered: ${Math.round(overload.sent / seconds)} a second for ${seconds} s, ${(overload.sent / seconds / perSecond).toFixed(1)} times the capacity; ${show(overload)}; unanswered: ${overload.unanswered}`,
  )
  const third = Math.floor(memory.length / 3)
  console.log(
    `memory: highest of each third ${[0, 1, 2].map((i) => Math.round(Math.max(...memory.slice(i * third, (i + 1) * third)))).join(', ')} MiB`,
  )

  // Recovered: a second in which everything is stored as fast as before.
  let recovered
  while (recovered === undefined && performance.now() - endedAt < 2 * RECOVERY_MS) {
    const second = await senders.runOpen({ perSecond: perSecond / 4, ms: 1_000 })
    if (
      second.statuses[200] === second.sent &&
      quantile(second.latencies, 0.99) <= 2 * quantile(capacity.latencies, 0.99)
    )
      recovered = performance.now() - endedAt
  }
  console.log(`recovered after ${recovered === undefined ? 'more than 20' : (recovered / 1000).toFixed(1)} s`)

  await sleep(1_000)
  const metrics = await (
    await fetch(`${collector.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })
  ).text()
  const read = (pattern) => [...metrics.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0)
  const [received, ended] = [
    read(/^zenovay_events_received_total (\d+)/gm),
    read(/^zenovay_events_total\{.*\} (\d+)/gm),
  ]
  console.log(
    `received ${received}, outcomes ${ended}; ${metrics
      .match(/^zenovay_events_total.*[1-9]\d*$/gm)
      .join(', ')
      .replaceAll('zenovay_events_total', '')}`,
  )

  const others = Object.keys(overload.statuses).filter((status) => !['200', '429', '503'].includes(status))
  if (
    others.length > 0 ||
    overload.unanswered > 0 ||
    Object.keys(overload.errors).length > 0 ||
    received !== ended ||
    !(recovered <= RECOVERY_MS)
  )
    throw new Error('overload: not as it should be')
} finally {
  senders.close()
  await collector.stop()
  site.remove()
}
