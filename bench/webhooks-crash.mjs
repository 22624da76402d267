// @ts-check
// kill -9 in the middle of deliveries: does every stored event arrive, and how many arrive twice?
//   node bench/webhooks-crash.mjs [--kills 50] [--events 200]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { waitUntil } from './wait-until.mjs'
import { openEngine } from './webhooks/open-engine.mjs'
import { startReceiver } from './webhooks/start-receiver.mjs'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '50' }, events: { type: 'string', default: '200' } },
})
const kills = Number(values.kills)
const events = Number(values.events)
const CHILD = join(import.meta.dirname, 'webhooks/deliver.mjs')
const MAX_DOUBLES = 0.01

// By event number: the id of every received delivery.
const received = new Map()
let requests = 0
const receiver = await startReceiver(({ headers, body }) => {
  requests++
  const { id, data } = JSON.parse(body)
  const ids = received.get(data.number) ?? []
  received.set(data.number, [...ids, headers['webhook-id'] === id ? id : 'ids differ'])
  return 200
})
const setup = await openEngine()
const site = await setup.addSite()
await setup.addWebhook(site, { port: receiver.port })
await setup.close()

const begin = performance.now()
const start = async (kill, count) => {
  const child = fork(CHILD, [setup.dataDir, site.id, String(kill * events), String(count)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [message] = await once(child, 'message')
  if (message !== 'stored') throw new Error(`the child said ${message}`)
  return child
}
for (let kill = 0; kill < kills; kill++) {
  const from = requests
  const child = await start(kill, events)
  const until = from + Math.floor(Math.random() * events * 0.9)
  await waitUntil(() => requests >= until, { description: `${until} deliveries`, everyMs: 1 })
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
const last = await start(kills, 0)
await once(last, 'message')
const gone = once(last, 'exit')
last.kill('SIGKILL')
await gone

const total = kills * events
const all = [...received.values()]
const doubles = requests - received.size
const strange = all.filter((ids) => new Set(ids).size > 1 || ids[0] === 'ids differ').length
const most = Math.max(...all.map((ids) => ids.length))
console.log(
  `kills ${kills} in ${Math.round((performance.now() - begin) / 1000)} s, stored ${total}, missing ${total - received.size}, arrived twice ${doubles} (${((100 * doubles) / total).toFixed(2)} %), one at most ${most} times, with different ids ${strange}`,
)
await receiver.close()
setup.remove()
process.exitCode = received.size === total && doubles <= total * MAX_DOUBLES && strange === 0 ? 0 : 1
