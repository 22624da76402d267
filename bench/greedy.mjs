// @ts-check
// One greedy account beside ten modest ones: the 95th percentile of what the modest ones wait for, alone and beside it.
//   node bench/greedy.mjs [--seconds 65] [--rounds 2] [--checkout .]
// The greedy account uses every API at once: batches of 1,000 events, reports, the management API, streams that ask for
// the last hour and never read, webhooks to an endpoint that never answers, and alerts; beside it, clients without a key
// ask for documents. Collector and greedy account have a process each. `--checkout` measures the collector of another
// checkout, which must be built.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { makeEvent } from './make-event.mjs'
import { findFreePort } from './faults/open-site.mjs'
import { runServer } from './run-server.mjs'
import { startReceiver } from './webhooks/start-receiver.mjs'

const { values } = parseArgs({
  options: {
    // More than a minute, so that every round has an evaluation of alerts.
    seconds: { type: 'string', default: '65' },
    rounds: { type: 'string', default: '2' },
    checkout: { type: 'string', default: '.' },
  },
})
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)]
const MODEST = 10
const MAX_RATIO = 2
// Its settings stay below the changes that an account may make in a minute.
const GREEDY = { keys: 20, sites: 10, webhooksOfSite: 5, alertsOfSite: 5 }
const PATHS = ['ingest', 'batch', 'stream', 'webhooks', 'alerts', 'reports', 'management', 'live count']
const API = '/api/external/v1'

const root = resolve(values.checkout)
/** @param {string} file */
const load = (file) => import(pathToFileURL(join(root, 'collector/dist', file)).href)
const { createApiKey, openControlStore, readConfig } = await load('index.js')

const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
const percentile = (numbers, part) =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))]

/** Sends a request; resolves to its status and the text of its answer. */
function send(url, { method = 'GET', key = '', body = undefined, address = '10.9.9.9' } = {}) {
  return new Promise((resolve, reject) => {
    const headers = {
      'x-forwarded-for': address,
      ...(key && { 'x-api-key': key }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const sent = request(url, { agent, method, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part) => (text += part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text })).on('error', reject)
    })
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Adds an account with a site and an admin key. */
async function addAccount(control, name) {
  const { id: accountId } = await control.addAccount({ name, plan: 'enterprise' })
  const addSite = () => control.addSite({ accountId, domain: 'example.com', name, allowedDomains: [] })
  const addKey = async () => {
    const { secret, record } = createApiKey({ name, accountId, siteId: null, scope: 'admin' }, Date.now())
    await control.addApiKey(record)
    return secret
  }
  return { site: await addSite(), key: await addKey(), addSite, addKey }
}

const dataDir = mkdtempSync(join(tmpdir(), 'zenovay-greedy-'))
const env = {
  DATA_DIR: dataDir,
  PORT: String(await findFreePort()),
  LOG_LEVEL: 'fatal',
  TRUSTED_PROXIES: '127.0.0.1',
  WEBHOOK_ALLOW_LOOPBACK: '127.0.0.1',
  NODE_EXTRA_CA_CERTS: join(import.meta.dirname, '../test/fixtures/tls/ca.pem'),
}
const control = await openControlStore(readConfig(env))
const modest = []
for (let count = 0; count < MODEST; count++) modest.push(await addAccount(control, `modest ${count}`))
const greedy = await addAccount(control, 'greedy')
const greedyKeys = [greedy.key]
while (greedyKeys.length < GREEDY.keys) greedyKeys.push(await greedy.addKey())
const greedySites = [greedy.site]
while (greedySites.length < GREEDY.sites) greedySites.push(await greedy.addSite())
await control.close()

/** Times in ms by path, of the current round. The time of a request that failed is infinite. */
let times = {}
const note = (path, ms) => (times[path] ??= []).push(ms)
const sentAt = new Map()
const receiver = await startReceiver(({ path, body }) => {
  if (path === '/greedy') return undefined

  const { event, data } = JSON.parse(body)
  if (event === 'alert') note('alerts', Date.now() % 60_000)
  else if (sentAt.has(data.action)) note('webhooks', performance.now() - sentAt.get(data.action))
  return 200
})

const collector = await runServer([join(root, 'collector/bin/zenovay-collector.mjs'), 'start'], env)
const { url } = collector
async function addSetting(path, key, body) {
  const { status, text } = await send(url + path, { method: 'POST', key, body })
  if (status >= 300) throw new Error(`POST ${path}: ${status} ${text.slice(0, 300)}`)
}

const addWebhook = ({ key, site }, path) =>
  addSetting('/api/webhooks', key, {
    siteId: site.id,
    url: `https://127.0.0.1:${receiver.port}${path}`,
    events: ['event', 'alert'],
  })

let alerts = 0
/** Adds an alert that fires at its first evaluation. */
const addAlert = ({ key, site }) =>
  addSetting('/api/alerts', key, {
    site_id: site.id,
    name: `Rush ${++alerts}`,
    metric: 'pageviews',
    threshold: 0,
    window_minutes: 1,
    destinations: [{ type: 'webhook' }],
  })

/** Opens a stream of a site; `onHit` is called with the name of each event. */
function openStream({ key, site }, onHit) {
  const sent = request(`${url}/api/stream/${site.id}`, { headers: { 'x-api-key': key } }, (answer) =>
    answer.setEncoding('utf8').on('data', (text) => {
      for (const [, name] of text.matchAll(/"name":"(modest-[^"]+)"/g)) onHit(name)
    }),
  )
  sent.on('error', () => {}).end()
  return sent
}

let events = 0
/** The modest accounts do a little of everything, once a second. */
async function useModestly(until) {
  const timed = async (path, what) => {
    const begun = performance.now()
    const { status } = await what()
    note(path, status < 300 ? performance.now() - begun : Infinity)
  }
  await Promise.all(
    modest.map(async ({ site, key }, account) => {
      await sleep(account * 100)
      for (let turn = 0; Date.now() < until; turn++) {
        const next = sleep(1_000)
        const address = `10.8.${account}.${turn % 200}`
        const name = `modest-${++events}`
        sentAt.set(name, performance.now())
        const visit = { event_type: 'custom', event_name: name }
        const what = [
          timed('ingest', () =>
            send(`${url}/e/${site.trackingCode}`, { method: 'POST', body: makeEvent(visit), address }),
          ),
          timed('live count', () => send(`${url}/e/live/${site.trackingCode}`, { address })),
        ]
        // Below the requests a minute of a plan.
        if (turn % 3 === 0)
          what.push(
            timed('reports', () => send(`${url}${API}/analytics/${site.id}?range=24h`, { key })),
            timed('management', () =>
              send(`${url}/api/sites/${site.id}`, { method: 'PATCH', key, body: { name: `Turn ${turn}` } }),
            ),
          )
        if (turn % 3 === 1)
          what.push(
            timed('batch', () =>
              send(`${url}/api/v1/events`, {
                method: 'POST',
                key,
                body: {
                  trackingCode: site.trackingCode,
                  events: Array.from({ length: 20 }, () => makeEvent()),
                },
              }),
            ),
          )
        await Promise.all(what)
        await next
      }
    }),
  )
}

/** Runs the greedy account in a process of its own, so that its work does not delay what is measured here. */
async function useGreedily(until) {
  const child = fork(join(import.meta.dirname, 'greedy/use-greedily.mjs'))
  child.on('message', (statuses) => console.log(`answers to the greedy account: ${JSON.stringify(statuses)}`))
  child.send({
    url,
    until,
    keys: greedyKeys,
    sites: greedySites.map(({ id, trackingCode }) => ({ id, trackingCode })),
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`the greedy account ended with ${code}`)
}

const pools = { alone: {}, beside: {} }
try {
  for (const account of modest) await addWebhook(account, '/modest')
  for (const [index, site] of greedySites.entries()) {
    const account = { key: greedyKeys[index], site }
    for (let count = 0; count < GREEDY.webhooksOfSite; count++) await addWebhook(account, '/greedy')
    for (let count = 0; count < GREEDY.alertsOfSite; count++) await addAlert(account)
  }
  const streams = modest.map((account) =>
    openStream(account, (name) => {
      if (sentAt.has(name)) note('stream', performance.now() - sentAt.get(name))
    }),
  )
  await useModestly(Date.now() + 5_000)
  for (let round = 0; round < rounds; round++)
    for (const [name, isBeside] of /** @type {const} */ ([
      ['alone', false],
      ['beside', true],
    ])) {
      times = {}
      for (const account of modest) await addAlert(account)
      const until = Date.now() + seconds * 1000
      await Promise.all([useModestly(until), isBeside && useGreedily(until)])
      // What is under way may still arrive.
      await sleep(8_000)
      for (const [path, taken] of Object.entries(times)) (pools[name][path] ??= []).push(...taken)
    }
  for (const stream of streams) stream.destroy()
  console.log('path        alone p50 / p95 ms    beside p50 / p95 ms    p95 ratio    requests, failed beside')
  for (const path of PATHS) {
    const [alone, beside] = [pools.alone[path] ?? [], pools.beside[path] ?? []]
    const show = (taken) =>
      [0.5, 0.95].map((part) => percentile(taken, part)?.toFixed(0) ?? 'none').join(' / ')
    const ratio = percentile(beside, 0.95) / percentile(alone, 0.95)
    const failed = beside.filter((ms) => ms === Infinity).length
    console.log(
      `${path.padEnd(12)}${show(alone).padEnd(22)}${show(beside).padEnd(23)}${ratio.toFixed(2).padEnd(13)}${beside.length}, ${failed}`,
    )
    if (!(ratio <= MAX_RATIO)) process.exitCode = 1
  }
} finally {
  agent.destroy()
  await collector.stop()
  await receiver.close()
  rmSync(dataDir, { recursive: true, force: true })
}
