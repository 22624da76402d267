// @ts-check
// Erases one visitor among others and searches every byte of every file of the data folder once the erasure
// is answered, and again after a restart.
//   node bench/erase.mjs [--events 20000] [--visitor-events 200]
// Before the erasure, the same search must find the visitor, or this proves nothing.
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { COLLECTOR, openSite } from './faults/open-site.mjs'
import { makeAddress, makeEvent } from './make-event.mjs'
import { runServer } from './run-server.mjs'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '20000' },
    'visitor-events': { type: 'string', default: '200' },
  },
})
const MAX_BATCH = 30
const DAY_MS = 24 * 60 * 60 * 1000

// Random letters: LZ4 leaves them readable, so that a search of the files finds them.
const unique = () => `x${randomBytes(12).toString('hex')}`
const planted = {
  visitor: unique(),
  session: unique(),
  path: unique(),
  title: unique(),
  property: unique(),
  referrer: unique(),
  user: unique(),
}
const makePlanted = () =>
  makeEvent({
    visitor_id: planted.visitor,
    session_id: planted.session,
    url: `https://example.com/${planted.path}`,
    title: planted.title,
    referrer: `https://news.example/${planted.referrer}`,
    user_id: planted.user,
    properties: { note: planted.property },
    age_ms: Math.floor(Math.random() * 7 * DAY_MS),
  })

/** Every file of a folder. Parts come and go meanwhile; a deleted part contains nothing. */
async function* walk(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => []))
    if (entry.isDirectory()) yield* walk(join(folder, entry.name))
    else if (entry.isFile()) yield join(folder, entry.name)
}

async function findHits(folder) {
  const hits = []
  for await (const file of walk(folder)) {
    const content = await readFile(file, 'latin1').catch(() => '')
    const found = Object.keys(planted).filter(
      (name) => content.includes(planted[name]) || file.includes(planted[name]),
    )
    if (found.length > 0) hits.push({ file: file.slice(folder.length + 1), found })
  }
  return hits
}

const site = await openSite()
const [adminKey] = /zv_\w+/.exec(
  execFileSync(COLLECTOR, ['key', 'create', '--scope', 'admin'], {
    env: { ...process.env, ...site.env },
  }).toString(),
)
const [siteId] = /ws_\w+/.exec(
  execFileSync(COLLECTOR, ['site', 'list'], { env: { ...process.env, ...site.env } }).toString(),
)
let server = await runServer([COLLECTOR, 'start'], site.env)

async function post(path, body) {
  const answer = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', 'x-forwarded-for': makeAddress() },
    body: JSON.stringify(body),
  })
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`)
}
const countPages = async () => {
  const answer = await fetch(`${server.url}/api/external/v1/analytics/${siteId}?range=30d`, {
    headers: { 'x-api-key': adminKey },
  })
  return (await answer.json()).data.summary.total_page_views
}

const events = [
  ...Array.from({ length: Number(values.events) }, () => makeEvent()),
  ...Array.from({ length: Number(values['visitor-events']) }, makePlanted),
].sort(() => Math.random() - 0.5)
for (let start = 0; start < events.length; start += MAX_BATCH)
  await post(site.path, events.slice(start, start + MAX_BATCH))
await post(site.path.replace('/e/', '/e/heartbeat/'), {
  session_id: planted.session,
  visitor_id: planted.visitor,
})
const [before, counted] = [await findHits(site.dataDir), await countPages()]

const begin = performance.now()
const answer = await fetch(`${server.url}/api/sites/${siteId}/visitors/${planted.visitor}`, {
  method: 'DELETE',
  headers: { 'x-api-key': adminKey },
})
const body = await answer.json()
const answeredMs = Math.round(performance.now() - begin)
const left = await countPages()
const hits = await findHits(site.dataDir)
await server.stop()
server = await runServer([COLLECTOR, 'start'], site.env)
const [afterRestart, leftAfterRestart] = [await findHits(site.dataDir), await countPages()]
await server.stop()
site.remove()

console.log(`before: ${before.length} files hold the visitor, ${counted} pageviews`)
console.log(
  `erased ${body.data?.erased.events} events in ${answeredMs} ms (${answer.status}), ${left} pageviews left; then ${hits.length} files hold the visitor; after a restart ${afterRestart.length} files, ${leftAfterRestart} pageviews`,
)
for (const { file, found } of [...hits, ...afterRestart]) console.log(`  ${file}: ${found.join(' ')}`)
const proves = before.length > 0 && body.data?.erased.events === Number(values['visitor-events'])
const clean =
  hits.length + afterRestart.length === 0 && left === Number(values.events) && leftAfterRestart === left
process.exitCode = proves && clean ? 0 : 1
