// @ts-check
// Acknowledged events per second of the collector, compared with a Fastify that only validates and answers,
// in one run.
//   node bench/ingest.mjs [--clients 1,100,1000] [--seconds 5] [--rounds 5]
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { makeAddress, makeEvent } from './make-event.mjs'
import { COLLECTOR, openSite } from './faults/open-site.mjs'
import { runServer } from './run-server.mjs'

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1,100,1000' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
  },
})
const BARE = join(import.meta.dirname, 'bare-fastify.mjs')

const site = await openSite()

async function load({ url }, connections, duration = Number(values.seconds)) {
  const result = await autocannon({
    url: `${url}${site.path}`,
    method: 'POST',
    connections,
    duration,
    headers: { 'content-type': 'text/plain', 'accept-language': 'en-US,en;q=0.9' },
    requests: [
      {
        setupRequest: (request) => {
          request.headers['x-forwarded-for'] = makeAddress()
          return { ...request, body: JSON.stringify(makeEvent()) }
        },
      },
    ],
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} answers were no success, ${result.errors} errors`)
  return result['2xx'] / result.duration
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
const WARM_UP_S = 2
const [bare, collector] = [await runServer([BARE]), await runServer([COLLECTOR, 'start'], site.env)]
try {
  for (const server of [collector, bare]) await load(server, 100, WARM_UP_S)
  console.log('clients\tcollector/s\tbare Fastify/s\tratio (median of rounds)\tlowest … highest')
  for (const clients of values.clients.split(',').map(Number)) {
    const rounds = []
    for (let round = 0; round < Number(values.rounds); round++) {
      const rates = new Map()
      // Alternating order, so that neither always runs when the machine is busier.
      for (const server of round % 2 ? [bare, collector] : [collector, bare])
        rates.set(server, await load(server, clients))
      rounds.push([collector, bare].map((server) => rates.get(server)))
    }
    const ratios = rounds.map(([c, b]) => c / b)
    const [ours, theirs, ratio] = [rounds.map(([c]) => c), rounds.map(([, b]) => b), ratios].map(median)
    console.log(
      [
        clients,
        Math.round(ours),
        Math.round(theirs),
        ratio.toFixed(2),
        `${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)}`,
      ].join('\t'),
    )
  }
} finally {
  await Promise.all([bare.stop(), collector.stop()])
  site.remove()
}
