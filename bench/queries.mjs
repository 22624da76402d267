// What reports cost on 1, 10 and 50 million events: each question answered from settled days beside the same question asked of the events alone.
//   node bench/queries.mjs [--events 1,10,50] [--days 90] [--rounds 7] [--raw-rounds 3] [--data FOLDER]
// Events are those of one site, spread evenly over the last `days` days; every question is about the last 30. `--data` is where they are kept
// meanwhile (7 GB for 50 million); what is there already of an earlier run is used again, and left.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { measureMemory } from './queries/measure-memory.mjs'
import { openStore } from './queries/open-store.mjs'
import { timeQuestions } from './queries/time-questions.mjs'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1,10,50' },
    days: { type: 'string', default: '90' },
    rounds: { type: 'string', default: '7' },
    'raw-rounds': { type: 'string', default: '3' },
    data: { type: 'string' },
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
  const store = await openStore({ folder, events: millions * MILLION, days: Number(values.days) })
  try {
    console.log(
      `\n${store.events} events in ${values.days} days, ${store.asked} of them and ${store.visits} visits in the 30 days asked; ${store.settledDays} of these days settled`,
    )
    const most = MOST_MS[millions] ?? Infinity
    for await (const { question, settledMs, rawMs } of timeQuestions(store, {
      rounds: Number(values.rounds),
      rawRounds: Number(values['raw-rounds']),
    })) {
      if (settledMs > (question === 'live' ? MOST_LIVE_MS : most)) process.exitCode = 1
      console.log(
        `${question.padEnd(10)} median ${settledMs.toFixed(0).padStart(6)} ms${rawMs === undefined ? '' : `, from events ${rawMs.toFixed(0).padStart(7)} ms (${(rawMs / settledMs).toFixed(1)} times)`}`,
      )
    }
    const peak = await measureMemory(store)
    console.log(
      `memory of the engine's process with four questions to the events at once: ${Math.round(peak / MILLION)} MB, of which ${Math.round(store.idleBytes / MILLION)} MB when it started (at most ${MOST_MEMORY_BYTES / MILLION})`,
    )
    if (peak > MOST_MEMORY_BYTES) process.exitCode = 1
  } finally {
    await store.close()
    if (values.data === undefined) await rm(folder, { recursive: true })
  }
}
