// @ts-check
// Our tracker compared with other trackers and with lower bounds, in Chromium at 4× CPU throttle:
//   node bench/tracker.mjs           time of script, requests and bytes of one page load
//   node bench/tracker.mjs --burst   time of script for 1,000 events in one task
//   node bench/tracker.mjs --heap    JavaScript heap that a page keeps, without throttle
// Options: [--rounds 15] [--only TEXT,TEXT] [--json]
//
// Peers from npm are installed into a temporary folder. Scripts that are not on npm are read from the paths in
// UMAMI_SCRIPT, GOATCOUNTER_SCRIPT, VERCEL_SCRIPT and PLAUSIBLE_SCRIPT; without a path, that peer is left out.
// Every load has a fresh context. Rounds are interleaved, so that other load on the machine affects all alike.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBuilt } from '../scripts/build.mjs'
import { createSubjects } from './tracker/create-subjects.mjs'
import { launchBrowser } from './tracker/launch-browser.mjs'
import { measureBurst } from './tracker/measure-burst.mjs'
import { measureHeap } from './tracker/measure-heap.mjs'
import { measureLoad } from './tracker/measure-load.mjs'
import { SITE } from './tracker/names.mjs'
import { startSite } from './tracker/start-site.mjs'
import { summarize } from './tracker/summarize.mjs'
import { formatTable, TABLES } from './tracker/tables.mjs'

const { values } = parseArgs({
  options: {
    burst: { type: 'boolean', default: false },
    heap: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '15' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const MEASUREMENTS = { load: measureLoad, burst: measureBurst, heap: measureHeap }
const kind = values.burst ? 'burst' : values.heap ? 'heap' : 'load'

ensureBuilt()
const folder = mkdtempSync(join(tmpdir(), 'zenovay-bench-'))
const { subjects: all, missing } = await createSubjects(folder, process.env, values.only?.split(',')).finally(
  () => rmSync(folder, { recursive: true }),
)
const subjects = all.filter(({ track }) => kind !== 'burst' || track)
const site = await startSite(subjects)
const { browser, userAgent } = await launchBrowser(site.port)
const lab = { browser, userAgent, takeLog: site.takeLog }

const measure = (subject) => MEASUREMENTS[kind](lab, subject, `${SITE}/${encodeURIComponent(subject.name)}`)

try {
  // The first load also warms up the browser itself.
  await measure(subjects[0])
  const rounds = []
  for (let number = 0; number < Number(values.rounds); number++) {
    // Round-robin from a different start each time.
    const order = subjects.map((_, index) => subjects[(index + number) % subjects.length])
    const round = new Map()
    for (const subject of order) round.set(subject.name, await measure(subject))
    rounds.push(round)
    process.stderr.write(`round ${number + 1} of ${values.rounds}\n`)
  }
  const rows = summarize(subjects, rounds)
  if (values.json) console.log(JSON.stringify({ kind, rows, missing }, undefined, 2))
  else {
    console.log(`${browser.browserType().name()} ${browser.version()}, ${values.rounds} rounds\n`)
    console.log(formatTable(TABLES[kind], rows))
    for (const line of missing) console.log(`- ${line}`)
  }
} finally {
  await browser.close()
  site.stop()
}
