// @ts-check
// 1,000 polls of the live count per second with 100,000 active visitors, compared with a Fastify route that
// returns a constant, in one run.
//   node bench/live.mjs [--visitors 100000] [--rate 1000] [--seconds 10] [--rounds 5]
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { makeAddress, makeEvent } from './make-event.mjs'
import { COLLECTOR, openSite } from './faults/open-site.mjs'
import { runServer } from './run-server.mjs'

const { values } = parseArgs({
  options: {
    visitors: { type: 'string', default: '100000' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '5' },
  },
})
const [visitors, rate, seconds, rounds] = [values.visitors, values.rate, values.seconds, values.rounds].map(
  Number,
)
const MOST_OVER_BARE_MS = 5
const TICK_MS = 10
const BARE = join(import.meta.dirname, 'bare-fastify.mjs')

const site = await openSite()
const agent = new Agent({ keepAlive: true, maxSockets: 100 })

/**
 * @param {string} url
 * @param {{ method?: string, body?: string, address?: string }} [options]
 */
async function send(url, { method = 'GET', body, address = makeAddress() } = {}) {
  const sent = request(url, {
    agent,
    method,
    headers: { 'content-type': 'text/plain', 'x-forwarded-for': address },
  })
  sent.end(body)
  const [answer] = await once(sent, 'response')
  let text = ''
  for await (const part of answer) text += part
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode} ${text}`)
  return JSON.parse(text)
}

/** Makes every visitor live through the public endpoint. */
async function fill(url) {
  const next = { visitor: 0, batch: 0 }
  const fillSome = async () => {
    while (next.visitor < visitors) {
      const events = Array.from({ length: Math.min(30, visitors - next.visitor) }, () =>
        makeEvent({ visitor_id: `bench-visitor-${next.visitor++}` }),
      )
      await send(`${url}${site.path}`, {
        method: 'POST',
        body: JSON.stringify(events),
        address: `10.1.${++next.batch >> 8}.${next.batch & 255}`,
      })
    }
  }
  await Promise.all(Array.from({ length: 50 }, fillSome))
}

/**
 * Polls at a steady rate, whether or not earlier polls are answered; resolves to the duration of each in ms.
 */
async function poll(url, during) {
  const taken = []
  const open = []
  const start = performance.now()
  for (let sent = 0; performance.now() - start < during * 1000; await sleep(TICK_MS))
    for (const due = ((performance.now() - start) * rate) / 1000; sent < due; sent++) {
      const begun = performance.now()
      open.push(
        send(`${url}${site.path.replace('/e/', '/live/')}`).then(() => taken.push(performance.now() - begun)),
      )
    }
  await Promise.all(open)
  return taken
}

const percentile = (numbers, part) =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))]
const [bare, collector] = [await runServer([BARE]), await runServer([COLLECTOR, 'start'], site.env)]
try {
  await fill(collector.url)
  for (const { url } of [bare, collector]) await poll(url, 2)
  const over = []
  console.log('polls\tcollector p50/p99 ms\tbare p50/p99 ms\tp99 over bare')
  for (let round = 0; round < rounds; round++) {
    // Both at once, so that other load on the machine affects both.
    const taken = await Promise.all([collector, bare].map(({ url }) => poll(url, seconds)))
    const [ours, theirs] = taken.map((times) => [percentile(times, 0.5), percentile(times, 0.99)])
    over.push(ours[1] - theirs[1])
    console.log(
      [
        taken[0].length,
        ...[ours, theirs].map((times) => times.map((ms) => ms.toFixed(1)).join(' / ')),
        over.at(-1).toFixed(1),
      ].join('\t'),
    )
  }
  const { visitors: counted } = await send(`${collector.url}${site.path.replace('/e/', '/live/')}`)
  const median = percentile(over, 0.5)
  console.log(
    `live visitors: ${counted} of ${visitors}; p99 over bare, median of rounds: ${median.toFixed(1)} ms (at most ${MOST_OVER_BARE_MS})`,
  )
  if (counted !== visitors || median >= MOST_OVER_BARE_MS) process.exitCode = 1
} finally {
  agent.destroy()
  await Promise.all([bare.stop(), collector.stop()])
  site.remove()
}
