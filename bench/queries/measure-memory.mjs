import { setTimeout as sleep } from 'node:timers/promises'
import { QUESTIONS } from './time-questions.mjs'

/** The most memory, in bytes, that the engine's process holds while four questions to the events run at once; those for which it has none may be refused. */
export async function measureMemory({ reports, scope, readMemory }) {
  let isRunning = true
  const running = Promise.allSettled(Object.values(QUESTIONS).map((ask) => ask(reports.raw, scope))).then(
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
