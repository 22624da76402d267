// @ts-check
// The cost of reports on 1, 10 and 50 million events: each query answered from rollups and from the events
// alone.
//   node bench/queries.mjs [--events 1,10,50] [--captured 0] [--days 90] [--rounds 7] [--raw-rounds 3] [--data FOLDER]
//     [--checkout .]
// All events belong to one site, spread evenly over the last `days` days; every query covers the last 30.
// `--captured` is the share of captured engagement among the events. `--data` is the folder for the events (7 GB for 50
// million); events of an earlier run are reused and kept. `--checkout` measures the collector of another checkout, which must
// be built; it needs a folder of its own.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { measureMemory } from './queries/measure-memory.mjs'
import { openStore } from './queries/open-store.mjs'
import { timeQueries } from './queries/time-queries.mjs'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1,10,50' },
    days: { type: 'string', default: '90' },
    rounds: { type: 'string', default: '7' },
    'raw-rounds': { type: 'string', default: '3' },
    data: { type: 'string' },
    captured: { type: 'string', default: '0' },
    checkout: { type: 'string', default: '.' },
  },
})
const MILLION = 1_000_000
const MOST_MS = { 10: 300, 50: 1_000 }
const MOST_LIVE_MS = 10
const MOST_MEMORY_BYTES = 2_000_000_000

for (const millions of values.events.split(',').map(Number)) {
  const folder =
    values.data === undefined
      ? await mkdtemp(join(tmpdir(), 'zenovay-queries-'))
      : resolve(values.data, `${millions}m-${values.days}d`)
  const store = await openStore({
    folder,
    collector: resolve(values.checkout, 'collector/dist'),
    events: millions * MILLION,
    captured: Number(values.captured),
    days: Number(values.days),
  })
  try {
    console.log(
      `\n${store.events} events in ${values.days} days, ${store.captured} of them captured; ${store.asked} of them and ${store.visits} visits in the 30 days asked; ${store.settledDays} of these days settled`,
    )
    const most = MOST_MS[millions] ?? Infinity
    for await (const { query, settledMs, rawMs } of timeQueries(store, {
      rounds: Number(values.rounds),
      rawRounds: Number(values['raw-rounds']),
    })) {
      if (settledMs > (query === 'live' ? MOST_LIVE_MS : most)) process.exitCode = 1
      console.log(
        `${query.padEnd(10)} median ${settledMs.toFixed(0).padStart(6)} ms${rawMs === undefined ? '' : `, from events ${rawMs.toFixed(0).padStart(7)} ms (${(rawMs / settledMs).toFixed(1)} times)`}`,
      )
    }
    const peak = await measureMemory(store)
    console.log(
      `memory of the engine's process with four queries to the events at once: ${Math.round(peak / MILLION)} MB, of which ${Math.round(store.idleBytes / MILLION)} MB when it started (at most ${MOST_MEMORY_BYTES / MILLION})`,
    )
    if (peak > MOST_MEMORY_BYTES) process.exitCode = 1
  } finally {
    await store.close()
    if (values.data === undefined) await rm(folder, { recursive: true })
  }
}
