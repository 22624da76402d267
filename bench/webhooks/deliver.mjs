// @ts-check
// A process that queues and delivers events until it is killed: the child of bench/webhooks-crash.
import { openEngine } from './open-engine.mjs'

const [dataDir, siteId, first, count] = process.argv.slice(2)
const engine = await openEngine({ dataDir })
const site = await engine.control.findSite(siteId)
if (Number(count) > 0) {
  const events = Array.from({ length: Number(count) }, (_, i) => ({
    key: `event-${Number(first) + i}`,
    name: /** @type {const} */ ('event'),
    siteId,
    at: Date.now(),
    data: { number: Number(first) + i },
  }))
  await engine.webhooks.outbox.put(events)
}
process.send('stored')
const look = async () => {
  if ((await engine.backlogOf(site)) === 0) process.send('empty')
  else setTimeout(look, 200)
}
await look()
