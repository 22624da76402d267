// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { bundleSource } from './bundle-source.mjs'
import { installPackages } from './install-packages.mjs'
import { EMPTY, FETCH, OURS, SITE } from './names.mjs'
import { createNpmPeers } from './npm-peers.mjs'
import { createScriptPeers, describeMissing, readScripts } from './script-peers.mjs'

const COLLECTOR = 'http://collector.example'
const DIST = join(import.meta.dirname, '../../dist')
const EVENT = { url: `${SITE}/`, referrer: '', title: 'A page of a shop', event_name: 'bought' }

const OUR_MODULE = 'our module'
/** Subjects with which the others are compared. */
const REFERENCES = [EMPTY, FETCH, OURS]

const ONE_FETCH = `fetch('${COLLECTOR}/fetch',{method:'POST',body:'${JSON.stringify(EVENT)}',keepalive:true})`

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
 * The measured subjects, lower bounds first: a name, a script, its bytes as brotli, the attributes of its tag,
 * and a call that tracks an event. With `only`, those whose names contain one of these texts, and those with
 * which they are compared. `missing` says how to add peers that were left out.
 */
export async function createSubjects(folder, environment, only = ['']) {
  const isWanted = ({ name }) =>
    REFERENCES.includes(name) || only.some((text) => name.toLowerCase().includes(text.toLowerCase()))
  const packages = createNpmPeers(COLLECTOR).filter(isWanted)
  const scripts = createScriptPeers(SITE, COLLECTOR).filter(isWanted)
  if (packages.length > 0) installPackages(folder, packages)
  const bundled = []
  for (const { source, ...peer } of [createOurModule(), ...packages].filter(isWanted))
    bundled.push({ ...peer, script: await bundleSource(folder, peer.name, source) })
  /** @type {{ name: string; script: string; version?: string; track?: string }[]} */
  const subjects = [
    { name: EMPTY, script: '' },
    { name: FETCH, script: ONE_FETCH, track: `${ONE_FETCH}.catch(() => {})` },
    { name: 'minimum work', script: MINIMUM_WORK },
    {
      name: OURS,
      script: readFileSync(join(DIST, 'z.js'), 'utf8'),
      origin: COLLECTOR,
      attributes: 'data-tracking-code="ZV_BENCHBENCH1"',
      track: `zenovay('track', 'bought', { plan: 'pro', seats: 3 })`,
    },
    ...bundled,
    ...readScripts(scripts, environment),
  ].filter(isWanted)
  return {
    subjects: subjects.map(({ version, ...subject }) => ({
      ...subject,
      name: version ? `${subject.name} ${version}` : subject.name,
      bytes: subject.script ? compress(subject.script).length : 0,
    })),
    missing: describeMissing(scripts, environment),
  }
}

function createOurModule() {
  return {
    name: OUR_MODULE,
    source: `import { init, track } from ${JSON.stringify(join(DIST, 'index.mjs'))}
init('ZV_BENCHBENCH1', { apiUrl: '${COLLECTOR}' })
globalThis.keep = track`,
    track: `keep('bought', { plan: 'pro', seats: 3 })`,
  }
}

function compress(text) {
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
}
