// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { bundleSource } from './bundle-source.mjs'
import { createPeers } from './create-peers.mjs'
import { installPackages } from './install-packages.mjs'

const COLLECTOR = 'http://collector.example'
const DIST = join(import.meta.dirname, '../../dist')
const EVENT = { url: 'http://site.example/', referrer: '', title: 'A page of a shop' }

export const OURS = 'z.js'
const OUR_MODULE = 'our module'
const EMPTY = 'empty script'
export const FETCH = 'one-line fetch'

// The least that a tracker needs to keep its visitor and unacknowledged events in localStorage, and to
// observe navigations and the end of its page.
const MINIMUM_WORK = `{
  const createId = () => crypto.getRandomValues(new Uint32Array(5)).join('')
  const record = (localStorage.zenovay || '').split(',')
  record[3] ||= createId()
  localStorage.zenovay = record
  const event = { event_id: Date.now() + createId(), visitor_id: record[3], url: location.href, referrer: document.referrer, title: document.title, user_agent: navigator.userAgent }
  const key = 'zenovay:' + event.event_id
  const body = (localStorage[key] = JSON.stringify(event))
  fetch('${COLLECTOR}/fetch', { method: 'POST', body, keepalive: true }).then(({ ok }) => ok && delete localStorage[key])
  for (const type of ['visibilitychange', 'prerenderingchange', 'online', 'pagehide', 'popstate']) addEventListener(type, () => {}, true)
  for (const name of ['pushState', 'replaceState']) history[name] = new Proxy(history[name], {})
}`

/**
 * The measured subjects, lower bounds first: a name, a script, its bytes as brotli, and the attributes of
 * its tag.
 */
export async function createSubjects(folder) {
  const peers = createPeers(COLLECTOR)
  installPackages(folder, peers)
  const bundled = []
  for (const { name, version, source, note } of [createOurModule(), ...peers]) {
    bundled.push({
      name: version ? `${name} ${version}` : name,
      script: await bundleSource(folder, name, source),
      note,
    })
  }
  const subjects = [
    { name: EMPTY, script: '' },
    {
      name: FETCH,
      script: `fetch('${COLLECTOR}/fetch',{method:'POST',body:'${JSON.stringify(EVENT)}',keepalive:true})`,
    },
    { name: 'minimum work', script: MINIMUM_WORK },
    {
      name: OURS,
      script: readFileSync(join(DIST, 'z.js'), 'utf8'),
      origin: COLLECTOR,
      attributes: 'data-tracking-code="ZV_BENCHBENCH1"',
    },
    ...bundled,
  ]
  return subjects.map((subject) => ({
    ...subject,
    bytes: subject.script ? compress(subject.script).length : 0,
  }))
}

function createOurModule() {
  return {
    name: OUR_MODULE,
    source: `import { init, track } from ${JSON.stringify(join(DIST, 'index.mjs'))}
init('ZV_BENCHBENCH1', { apiUrl: '${COLLECTOR}' })
globalThis.keep = track`,
  }
}

function compress(text) {
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
}
