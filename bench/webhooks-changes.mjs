// @ts-check
// Rotations and removals under load: does anything signed with an old secret, or anything at all, arrive
// after the answer?
//   node bench/webhooks-changes.mjs [--rotations 1000] [--removals 1000]
import { createHmac } from 'node:crypto'
import { parseArgs } from 'node:util'
import { openEngine } from './webhooks/open-engine.mjs'
import { startReceiver } from './webhooks/start-receiver.mjs'

const { values } = parseArgs({
  options: { rotations: { type: 'string', default: '1000' }, removals: { type: 'string', default: '1000' } },
})
const rotations = Number(values.rotations)
const removals = Number(values.removals)
const WEBHOOKS = 10
const WAITING = 200

// By webhook: the secrets that may sign a request at this moment; none once it is removed.
const valid = new Map()
const seen = { requests: 0, old: 0, afterRemoval: 0 }
const receiver = await startReceiver(({ headers, body }) => {
  seen.requests++
  const secrets = valid.get(headers['x-zta-webhook-id'])
  if (secrets.length === 0) seen.afterRemoval++
  else if (
    !secrets.some(
      (secret) => createHmac('sha256', secret).update(body).digest('hex') === headers['x-zenovay-signature'],
    )
  )
    seen.old++
  return 200
})
const engine = await openEngine()
const site = await engine.addSite()
let keys = 0
const webhooks = new Set()
const add = async () => {
  const webhook = await engine.addWebhook(site, { port: receiver.port })
  valid.set(webhook.id, [webhook.secret])
  webhooks.add(webhook)
}
for (let count = 0; count < WEBHOOKS; count++) await add()

/** Keeps a backlog for every webhook at all times. */
const feed = async () => {
  while ((await engine.backlogOf(site)) < WAITING * WEBHOOKS)
    await engine.webhooks.outbox.put(
      Array.from({ length: WAITING }, () => ({
        key: `event-${++keys}`,
        name: 'event',
        siteId: site.id,
        at: Date.now(),
        data: {},
      })),
    )
}

const begin = performance.now()
const took = []
for (let change = 0; change < rotations + removals; change++) {
  await feed()
  const isRotation = change < rotations
  const webhook = [...webhooks][change % WEBHOOKS]
  const began = performance.now()
  if (isRotation) {
    const secret = engine.newSecret()
    valid.get(webhook.id).push(secret)
    await engine.webhooks.rotate(webhook.id, engine.seal(secret), null)
    valid.set(webhook.id, [secret])
  } else {
    await engine.webhooks.remove(webhook.id, null)
    valid.set(webhook.id, [])
  }
  took.push(performance.now() - began)
  if (isRotation) continue
  webhooks.delete(webhook)
  await add()
}
const { requests, old, afterRemoval } = seen
const sorted = took.toSorted((a, b) => a - b)
console.log(
  `${rotations} rotations and ${removals} removals in ${Math.round((performance.now() - begin) / 1000)} s under ${requests} deliveries; median ${Math.round(sorted[took.length >> 1])} ms, longest ${Math.round(sorted.at(-1))} ms`,
)
console.log(`after the answer: ${old} signed with an old secret, ${afterRemoval} to a removed webhook`)
await engine.close()
await receiver.close()
engine.remove()
process.exitCode = old + afterRemoval > 0 || requests < rotations ? 1 : 0
