// @ts-check
// The greedy account of `bench:greedy`, in a process of its own. It does as much as it is allowed to, and
// ignores Retry-After.
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { constants, setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeEvent } from '../make-event.mjs'

const STREAMS = 60
// Time that a client waits after each answer.
const PAUSE_MS = 200

// The processor time of the clients is not the collector's, so it must not delay it.
setPriority(constants.priority.PRIORITY_LOW)
const [{ url, until, keys, sites }] = await once(process, 'message')
const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
/** @type {Record<string, number>} */
const statuses = {}
const count = (what) => (statuses[what] = (statuses[what] ?? 0) + 1)

/** Sends a request, and counts the status of its answer. */
function send(what, path, { method = 'GET', key = '', body = '' } = {}) {
  return new Promise((resolve) => {
    const headers = {
      'x-forwarded-for': '10.7.7.7',
      ...(key && { 'x-api-key': key }),
      ...(body && { 'content-type': 'application/json' }),
    }
    const sent = request(url + path, { agent, method, headers }, (answer) => {
      count(`${what} ${answer.statusCode}`)
      answer.resume().on('end', resolve).on('error', resolve)
    })
    sent.on('error', resolve).end(body)
  })
}

const pick = (list, index) => list[index % list.length]
const batches = sites.map(({ trackingCode }) =>
  JSON.stringify({
    trackingCode,
    // Without IDs, so that every batch has new events.
    events: Array.from({ length: 1_000 }, (_, index) =>
      makeEvent({ event_id: undefined, event_type: 'custom', event_name: `greedy-${index}` }),
    ),
  }),
)
const WORK = [
  {
    clients: 8,
    work: (turn) =>
      send('batch', '/api/v1/events', { method: 'POST', key: pick(keys, turn), body: pick(batches, turn) }),
  },
  {
    clients: 8,
    work: (turn) =>
      send('report', `/api/external/v1/analytics/${pick(sites, turn).id}/visitors?range=30d&limit=1000`, {
        key: pick(keys, turn),
      }),
  },
  {
    clients: 4,
    work: (turn) => {
      const body = { site_id: pick(sites, turn).id, name: `g${turn}`, kind: 'event', event: `e${turn}` }
      return send('goal', '/api/goals', { method: 'POST', key: pick(keys, turn), body: JSON.stringify(body) })
    },
  },
  { clients: 4, work: () => send('document', '/api/external/v1/openapi.json') },
]

let turn = 0
async function runClient(work) {
  while (Date.now() < until) {
    await work(turn++)
    await sleep(PAUSE_MS)
  }
}
// Batches and reports use up the minute's requests, so that some of the streams are refused and opened later.
const clients = Promise.all(
  WORK.flatMap(({ clients, work }) => Array.from({ length: clients }, () => runClient(work))),
)
const streams = []
while (streams.length < STREAMS && Date.now() < until) {
  const index = streams.length
  const headers = { 'x-api-key': pick(keys, index), 'last-event-id': '1-0-0' }
  const sent = request(`${url}/api/stream/${pick(sites, index).id}`, { headers }, (answer) => {
    count(`stream ${answer.statusCode}`)
    // The events of the last hour are never read.
    answer.pause()
  })
  streams.push(sent.on('error', () => {}))
  sent.end()
  await sleep(PAUSE_MS)
}
await clients
for (const stream of streams) stream.destroy()
agent.destroy()
if (process.connected) process.send?.(statuses, () => process.disconnect())
