// @ts-check
// Runs collector and engine under strace: is every file of an event's part synced before its 200 is written?
//   node bench/fsync-order.mjs [--events 10000] [--clients 200] [--control no-fsync|early-ack]
// kill -9 cannot distinguish a synced file from one in the page cache; the order of system calls can. The
// controls (fsync switched off; a collector that answers before the commit) must show answers without a
// preceding fsync.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createEngineClient } from './faults/create-engine-client.mjs'
import { COLLECTOR, findEngine, openSite } from './faults/open-site.mjs'
import { readTrace } from './faults/read-trace.mjs'
import { startSenders } from './faults/start-senders.mjs'
import { runServer } from './run-server.mjs'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    clients: { type: 'string', default: '200' },
    control: { type: 'string', default: '' },
  },
})
const CALLS = 'fsync,fdatasync,read,recvfrom,recvmsg,write,writev,sendto,sendmsg'
const command =
  values.control === 'early-ack'
    ? [join(import.meta.dirname, 'early-ack-collector.mjs')]
    : [COLLECTOR, 'start']

const folder = mkdtempSync(join(tmpdir(), 'zenovay-trace-'))
const trace = join(folder, 'trace')
const site = await openSite()
const server = await runServer(
  ['strace', '-f', '-y', '-s', '512', '-e', `trace=${CALLS}`, '-o', trace, ...command],
  site.env,
)
const collectorPid = findEngine(server.child.pid)
const engine = createEngineClient(site)
// A merged part would hide the insert of an event.
await engine.command({
  query:
    'ALTER TABLE events MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1, max_bytes_to_merge_at_min_space_in_pool = 1',
})
if (values.control === 'no-fsync')
  await engine.command({
    query: 'ALTER TABLE events MODIFY SETTING fsync_after_insert = 0, fsync_part_directory = 0',
  })

const senders = startSenders({ ...site, clients: Number(values.clients), events: Number(values.events) })
await senders.finished
await senders.stop()
const select = async (query) => (await engine.query({ query, format: 'JSONCompactEachRow' })).json()
const partOf = new Map(await select('SELECT event_id, _part FROM events'))
const filesOf = new Map(
  (await select("SELECT name, path FROM system.parts WHERE table = 'events' AND active")).map(
    ([name, path]) => [name, readdirSync(path)],
  ),
)
await engine.close()
process.kill(collectorPid, 'SIGTERM')
await new Promise((resolve) => server.child.once('exit', resolve))
site.remove()

const { answered, synced, lines } = await readTrace(trace)
rmSync(folder, { recursive: true })

/** Whether all files of the event's part, and its folder, were synced before the answer began. */
function isPreceded(eventId) {
  const part = partOf.get(eventId)
  return (
    part !== undefined &&
    ['', ...filesOf.get(part)].every((file) => synced.get(`${part}/${file}`) < answered.get(eventId))
  )
}
const seen = [...senders.acknowledged].filter((id) => answered.has(id))
const unpreceded = seen.filter((id) => !isPreceded(id))
console.log(
  `acknowledged ${senders.acknowledged.size}, answers in the trace ${seen.length}, parts ${filesOf.size}, files synced ${synced.size}, lines of strace ${lines}, answers not preceded by the fsync of their commit ${unpreceded.length}`,
)
const isComplete = seen.length === senders.acknowledged.size && seen.length >= Number(values.events)
if (values.control)
  console.log(
    unpreceded.length > 0
      ? 'control: shown, as it must be'
      : 'control: nothing was shown, so this run proves nothing',
  )
process.exitCode = isComplete && unpreceded.length > 0 === (values.control !== '') ? 0 : 1
