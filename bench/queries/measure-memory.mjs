// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { QUERIES } from './time-queries.mjs'

/**
 * The peak memory of the engine's process in bytes while four queries on the events run at once; some may
 * fail for lack of memory.
 */
export async function measureMemory({ reports, scope, readMemory }) {
  let isRunning = true
  const running = Promise.allSettled(Object.values(QUERIES).map((ask) => ask(reports.raw, scope))).then(
    () => (isRunning = false),
  )
  let peak = 0
  while (isRunning) {
    peak = Math.max(peak, readMemory())
    await sleep(50)
  }
  await running
  return peak
}
