// @ts-check
// Times of attempts and of their cut-off, by the real clock: 100 attempts at each kind of endpoint that
// never finishes; then 100 webhooks whose receiver fails twice, 100 whose receiver always fails, 100 that
// refuse.
//   node bench/webhooks-timing.mjs [--webhooks 100]
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { measureDeadlines } from './webhooks/measure-deadlines.mjs'
import { openEngine } from './webhooks/open-engine.mjs'
import { startReceiver } from './webhooks/start-receiver.mjs'

const { values } = parseArgs({ options: { webhooks: { type: 'string', default: '100' } } })
const PER_SITE = 10
const LAST_ATTEMPT_MS = 36_000
// Each attempt needs a handshake: all at once would measure the machine.
const SPACING_MS = 1_000
const KINDS = { '/twice': [500, 503, 200], '/always': [500, 500, 500, 500], '/refused': [404] }

const CUT_MS = [5_000, 5_200]

const failures = []
for (const [how, times] of Object.entries(await measureDeadlines(Number(values.webhooks)))) {
  console.log(
    `${times.length} attempts at an endpoint that ${how}: cut after ${times[0].toFixed(0)} to ${times.at(-1).toFixed(0)} ms, median ${times[times.length >> 1].toFixed(0)} ms`,
  )
  // Timers may fire up to a millisecond early by this clock.
  if (times[0] < CUT_MS[0] - 1 || times.at(-1) > CUT_MS[1])
    failures.push(`attempts at an endpoint that ${how} are not cut in 5.0 to 5.2 s`)
}

const requests = new Map()
const attempts = new Map()
const engine = await openEngine({
  onAttempt: ({ request, ...times }) => attempts.get(request.headers['X-ZTA-Webhook-ID']).push(times),
})
const receiver = await startReceiver(({ path, headers }) => {
  const id = headers['x-zta-webhook-id']
  const before = requests.get(id) ?? 0
  requests.set(id, before + 1)
  return KINDS[path][before]
})
const groups = {}
for (const path of Object.keys(KINDS)) {
  groups[path] = []
  for (let count = 0; count < Number(values.webhooks); count += PER_SITE) {
    const site = await engine.addSite()
    for (let i = 0; i < PER_SITE; i++) {
      const webhook = await engine.addWebhook(site, { port: receiver.port, path })
      attempts.set(webhook.id, [])
      groups[path].push({ webhook, site })
    }
  }
}
const sites = new Set(
  Object.values(groups)
    .flat()
    .map(({ site }) => site),
)
for (const site of sites)
  await engine.webhooks.outbox
    .put([{ key: 'one', name: 'event', siteId: site.id, at: Date.now(), data: {} }])
    .then(() => sleep(SPACING_MS))
await sleep(LAST_ATTEMPT_MS)

const log = (await Promise.all([...sites].map((site) => engine.logOf(site))))
  .flat()
  .filter(({ kind }) => kind === 'delivery')
/** From the end of each attempt to the start of the next. */
const pausesOf = ({ webhook }) =>
  attempts
    .get(webhook.id)
    .slice(1)
    .map(({ beganAt }, index) => beganAt - attempts.get(webhook.id)[index].endedAt)
const describe = (pauses) => `${Math.min(...pauses).toFixed(0)} to ${Math.max(...pauses).toFixed(0)} ms`
for (const [path, webhooks] of Object.entries(groups)) {
  const counts = webhooks.map(({ webhook }) => requests.get(webhook.id))
  const wanted = path === '/refused' ? 1 : 3
  if (counts.some((count) => count !== wanted)) failures.push(`${path}: ${counts.join(' ')} attempts`)
  const last = webhooks.map(
    ({ webhook }) =>
      log.find(({ webhookId, attempt }) => webhookId === webhook.id && attempt === wanted)?.note,
  )
  const expected = path === '/twice' ? 'delivered' : 'failed'
  if (last.some((note) => note !== expected)) failures.push(`${path}: the log says ${last.join(' ')}`)
  if (wanted === 1) console.log(`${path}: ${counts.length} webhooks, ${wanted} attempt each, ${expected}`)
  else {
    const pauses = webhooks.map(pausesOf)
    const [first, second] = [0, 1].map((index) => pauses.map((each) => each[index]))
    console.log(
      `${path}: ${counts.length} webhooks, ${wanted} attempts each, ${expected}; second after ${describe(first)}, third after ${describe(second)}`,
    )
    if (first.some((ms) => ms < 5_000 || ms > 5_500))
      failures.push(`${path}: second attempts are not in 5.0 to 5.5 s`)
    if (second.some((ms) => ms < 25_000 || ms > 27_500))
      failures.push(`${path}: third attempts are not in 25.0 to 27.5 s`)
  }
}
await engine.close()
await receiver.close()
engine.remove()
for (const failure of failures) console.log(`FAILED ${failure}`)
process.exitCode = failures.length > 0 ? 1 : 0
