// @ts-check
// Bytes, main-thread time and requests of one page load: our tracker compared with trackers from npm and
// with lower bounds.
//   node bench/tracker.mjs [--rounds 15] [--json]
// Chromium at 4× CPU throttle, a fresh context for each load. Peers are installed into a temporary folder.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBuilt } from '../scripts/build.mjs'
import { createSubjects } from './tracker/create-subjects.mjs'
import { formatTable } from './tracker/format-table.mjs'
import { launchBrowser } from './tracker/launch-browser.mjs'
import { measureLoad } from './tracker/measure-load.mjs'
import { startSite } from './tracker/start-site.mjs'
import { summarize } from './tracker/summarize.mjs'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, json: { type: 'boolean', default: false } },
})

ensureBuilt()
const folder = mkdtempSync(join(tmpdir(), 'zenovay-bench-'))
const subjects = await createSubjects(folder).finally(() => rmSync(folder, { recursive: true }))
const site = await startSite(subjects)
const { browser, userAgent } = await launchBrowser(site.port)

const load = ({ name }) =>
  measureLoad({
    browser,
    userAgent,
    url: `http://site.example/${encodeURIComponent(name)}`,
    takeLog: site.takeLog,
  })

try {
  // The first load also warms up the browser itself.
  await load(subjects[0])
  const rounds = []
  for (let number = 0; number < Number(values.rounds); number++) {
    // Round-robin from a different start each time, so that other load on the machine affects all alike.
    const order = subjects.map((_, index) => subjects[(index + number) % subjects.length])
    const round = new Map()
    for (const subject of order) round.set(subject.name, await load(subject))
    rounds.push(round)
    process.stderr.write(`round ${number + 1} of ${values.rounds}\n`)
  }
  const summary = summarize(subjects, rounds)
  console.log(values.json ? JSON.stringify(summary, undefined, 2) : formatTable(summary))
} finally {
  await browser.close()
  site.stop()
}
