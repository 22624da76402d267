// @ts-check
// A full disk under load: 503 with Retry-After and never 500, reads continue, and it recovers by itself when
// there is room.
//   node bench/disk-full.mjs [--full-seconds 15] [--clients 20] [--megabytes 24]
// Needs root on Linux: DATA_DIR lies on a small tmpfs, which is mounted for it.
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { checkStore } from './faults/check-store.mjs'
import { COLLECTOR, openSite } from './faults/open-site.mjs'
import { startSenders } from './faults/start-senders.mjs'
import { makeEvent } from './make-event.mjs'
import { runServer } from './run-server.mjs'

const { values } = parseArgs({
  options: {
    'full-seconds': { type: 'string', default: '15' },
    clients: { type: 'string', default: '20' },
    megabytes: { type: 'string', default: '24' },
  },
})
const BEFORE_MS = 1_000
const RECOVER_WITHIN_MS = 5_000
const REST_MS = 20
// Requests that wait this long are refused; in a shorter run, the disk has room again first.
const ANSWER_WITHIN_S = 21

const disk = mkdtempSync(join(tmpdir(), 'zenovay-disk-'))
execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${values.megabytes}m`, 'zenovay', disk])
const filler = join(disk, 'filler')

/** Fills every free byte, including space freed since the last call. */
function fill() {
  for (const size of [65_536, 4_096, 1])
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(size))
    } catch (error) {
      if (error.code !== 'ENOSPC') throw error
    }
}

try {
  const site = await openSite({ dataDir: join(disk, 'data') })
  const key = /api key: (\S+)/.exec(
    execFileSync(COLLECTOR, ['key', 'create'], { env: { ...process.env, ...site.env }, encoding: 'utf8' }),
  )[1]
  const server = await runServer([COLLECTOR, 'start'], site.env)
  const get = async (path) => (await fetch(server.url + path, { headers: { 'x-api-key': key } })).status
  const senders = startSenders({ ...site, clients: Number(values.clients), pauseMs: REST_MS })
  await sleep(BEFORE_MS)
  const before = senders.acknowledged.size

  const reads = []
  const end = performance.now() + Number(values['full-seconds']) * 1000
  while (performance.now() < end) {
    fill()
    reads.push(await get(site.path.replace('/e/', '/live/')), await get('/api/external/v1/websites'))
    await sleep(200)
  }
  const health = await get('/health')
  const during = senders.acknowledged.size
  // Today's salt does not exist yet, so control data must be written as well.
  const event = makeEvent({ cookieless: true, visitor_id: undefined })
  const cookieless = (await fetch(server.url + site.path, { method: 'POST', body: JSON.stringify(event) }))
    .status

  rmSync(filler)
  const freed = performance.now()
  const known = senders.acknowledged.size
  while (senders.acknowledged.size === known && performance.now() - freed < 10 * RECOVER_WITHIN_MS)
    await sleep(20)
  const recoveredMs = Math.round(performance.now() - freed)
  await sleep(BEFORE_MS)
  const after = senders.acknowledged.size
  await senders.stop()
  const healthAfter = await get('/health')
  await server.stop()

  const { stored, lost, doubled } = await checkStore(site.dataDir, senders.acknowledged)
  const statuses = [...senders.answers].map(([status, count]) => `${count} × ${status}`).join(', ')
  console.log(
    `acknowledged ${before} before, ${during - before} while full, ${after - during} after; answers ${statuses}; without Retry-After ${senders.refusedWithoutRetryAfter.size}`,
  )
  console.log(
    `reads ${reads.length}, of them not 200: ${reads.filter((status) => status !== 200).length}; /health ${health}, then ${healthAfter}; cookieless event while full ${cookieless}`,
  )
  console.log(`accepts again after ${recoveredMs} ms; stored ${stored}, lost ${lost}, doubled ${doubled}`)
  const isGood =
    [...senders.answers.keys()].every((status) => status === 200 || status === 503) &&
    (senders.answers.get(503) > 0 || Number(values['full-seconds']) < ANSWER_WITHIN_S) &&
    senders.refusedWithoutRetryAfter.size === 0 &&
    reads.every((status) => status === 200) &&
    [health, healthAfter, cookieless].join() === '503,200,503' &&
    recoveredMs <= RECOVER_WITHIN_MS &&
    lost + doubled === 0
  process.exitCode = isGood ? 0 : 1
} finally {
  execFileSync('umount', ['-l', disk])
  rmdirSync(disk)
}
