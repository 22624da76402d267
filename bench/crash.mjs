// @ts-check
// kill -9 of the collector and of its engine in turn, under load: is every acknowledged event stored, and
// none twice?
//   node bench/crash.mjs [--kills 50] [--events 40000] [--clients 50] [--control]
// --control runs a collector that acknowledges before the commit. It must lose events, or this proves
// nothing.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { checkStore } from './faults/check-store.mjs'
import { COLLECTOR, findEngine, openSite } from './faults/open-site.mjs'
import { startSenders } from './faults/start-senders.mjs'
import { runServer } from './run-server.mjs'
import { waitUntil } from './wait-until.mjs'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    events: { type: 'string', default: '40000' },
    clients: { type: 'string', default: '50' },
    control: { type: 'boolean', default: false },
  },
})
const kills = Number(values.kills)
const command = values.control ? [join(import.meta.dirname, 'early-ack-collector.mjs')] : [COLLECTOR, 'start']
const LIFE_SPREAD_MS = 700

const site = await openSite()
let server = await runServer(command, site.env)
const { acknowledged, answers, stop } = startSenders({ ...site, clients: Number(values.clients) })

/** Waits until the server has acknowledged its share, and then a random time. */
async function live(kill) {
  const share = ((kill + 1) * Number(values.events)) / (kills + 1)
  await waitUntil(() => acknowledged.size >= share, { description: `${share} acknowledged events` })
  await sleep(Math.random() * LIFE_SPREAD_MS)
}

const begin = performance.now()
for (let kill = 0; kill < kills; kill++) {
  await live(kill)
  if (kill % 2 === 1) process.kill(findEngine(server.child.pid), 'SIGKILL')
  else {
    await server.stop('SIGKILL')
    server = await runServer(command, site.env)
  }
}
await live(kills)
// The last server is killed as well, with its clients: its acknowledged events must be stored without
// another start.
const stopped = stop()
await server.stop('SIGKILL')
await stopped

const { stored, lost, doubled } = await checkStore(site.dataDir, acknowledged)
site.remove()
const strange = [...answers.keys()].filter((status) => ![0, 200, 503].includes(status))
console.log(
  `kills ${kills + 1} in ${Math.round((performance.now() - begin) / 1000)} s, acknowledged ${acknowledged.size}, stored ${stored}, lost ${lost}, doubled ${doubled}, other answers ${strange.join(' ') || 'none'}`,
)
const failed = lost > 0 || doubled > 0 || strange.length > 0
if (values.control)
  console.log(
    lost > 0
      ? 'control: events were lost, as they must be'
      : 'control: nothing was lost, so this run proves nothing',
  )
process.exitCode = (values.control ? lost > 0 : !failed) ? 0 : 1
