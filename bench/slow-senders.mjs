// @ts-check
// 500 sockets that drip their headers and 500 that drip their body, with the real timeouts, while others are
// served.
//   node bench/slow-senders.mjs [--sockets 500]
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { makeAddress, makeEvent } from './make-event.mjs'
import { COLLECTOR, openSite } from './faults/open-site.mjs'
import { runServer } from './run-server.mjs'

const { values } = parseArgs({ options: { sockets: { type: 'string', default: '500' } } })
const CLOSED_WITHIN_MS = 15_000
const DRIP_MS = 1_000

const site = await openSite()
const collector = await runServer([COLLECTOR, 'start'], site.env)
const { port } = new URL(collector.url)

const request = `POST ${site.path} HTTP/1.1\r\nhost: bench\r\n`
const kinds = {
  headers: `${request}x-slow: `,
  body: `${request}content-type: text/plain\r\ncontent-length: 60000\r\n\r\n`,
}

/** Resolves to the time in ms for which the server held a socket that sends a byte a second. */
const drip = (start) =>
  new Promise((resolve) => {
    const openedAt = performance.now()
    const socket = connect(Number(port), '127.0.0.1')
      .resume()
      .on('error', () => {})
    socket.write(start)
    const timer = setInterval(() => socket.write('x'), DRIP_MS)
    socket.on('close', () => {
      clearInterval(timer)
      resolve(performance.now() - openedAt)
    })
  })

/** Posts 50 events a second until `isOver`. Resolves to the response times in ms. */
async function serveOthers(isOver) {
  const times = []
  while (!isOver()) {
    const start = performance.now()
    const answer = await fetch(`${collector.url}${site.path}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'x-forwarded-for': makeAddress() },
      body: JSON.stringify(makeEvent()),
    })
    if (answer.status !== 200) throw new Error(`another client got ${answer.status}`)
    times.push(performance.now() - start)
    await sleep(20)
  }
  return times
}

const p99 = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * 0.99)]

try {
  const [warmUpEnds, baselineEnds] = [performance.now() + 3_000, performance.now() + 13_000]
  await serveOthers(() => performance.now() > warmUpEnds)
  const baseline = p99(await serveOthers(() => performance.now() > baselineEnds))
  let isOver = false
  const others = serveOthers(() => isOver)
  const held = await Promise.all(
    Object.entries(kinds).map(async ([kind, start]) => [
      kind,
      await Promise.all(Array.from({ length: Number(values.sockets) }, () => drip(start))),
    ]),
  )
  isOver = true
  const times = await others
  for (const [kind, ms] of held)
    console.log(
      `${ms.length} sockets that drip their ${kind}: closed after ${(Math.min(...ms) / 1000).toFixed(1)} to ${(Math.max(...ms) / 1000).toFixed(1)} s`,
    )
  console.log(
    `others meanwhile: ${times.length} of ${times.length} stored, p99 ${p99(times).toFixed(0)} ms (${baseline.toFixed(0)} ms before)`,
  )
  if (held.flatMap(([, ms]) => ms).some((ms) => ms > CLOSED_WITHIN_MS))
    throw new Error(`a slow sender was held for more than ${CLOSED_WITHIN_MS / 1000} s`)
} finally {
  await collector.stop()
  site.remove()
}
