// @ts-check
// Three of ten answers are lost after the collector received the request, and the clients resend with a
// mark: is each event stored once?
//   node bench/lost-answers.mjs [--events 10000] [--clients 50] [--lose 0.3]
import { parseArgs } from 'node:util'
import { checkStore } from './faults/check-store.mjs'
import { COLLECTOR, openSite } from './faults/open-site.mjs'
import { startProxy } from './faults/start-proxy.mjs'
import { startSenders } from './faults/start-senders.mjs'
import { runServer } from './run-server.mjs'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    clients: { type: 'string', default: '50' },
    lose: { type: 'string', default: '0.3' },
  },
})
const events = Number(values.events)
const site = await openSite()
const server = await runServer([COLLECTOR, 'start'], site.env)
const proxy = await startProxy({
  target: server.url,
  choose: () => (Math.random() < Number(values.lose) ? 'lose' : 'pass'),
})
const senders = startSenders({ port: proxy.port, path: site.path, clients: Number(values.clients), events })
await senders.finished
await senders.stop()
proxy.stop()
await server.stop()

const { stored, lost, doubled } = await checkStore(site.dataDir, senders.acknowledged)
site.remove()
console.log(
  `answers lost ${proxy.done.lose} of ${proxy.done.lose + proxy.done.pass}, acknowledged ${senders.acknowledged.size}, stored ${stored} of ${events}, lost ${lost}, doubled ${doubled}`,
)
process.exitCode =
  stored === events && senders.acknowledged.size === events && proxy.done.lose > 0 && lost + doubled === 0
    ? 0
    : 1
