import type { Clock } from '../../src/server/clock.js'

/** A clock that a test moves on. */
export interface FakeClock extends Clock {
  /** Lets time pass, timer by timer, and all that follows from each. */
  pass(ms: number): Promise<void>
  /** Sets the clock of the machine, which timers do not follow. */
  jump(ms: number): void
  /** Number of timers that are waiting. */
  timers(): number
}

export function createFakeClock(): FakeClock {
  let steady = 1_000
  let unix = Date.UTC(2026, 3, 1)
  const timers = new Set<{ run: () => void; at: number }>()
  // Answers of a fake `fetch` take some microtasks to be read.
  const settle = async () => {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  const moveTo = (time: number) => {
    unix += time - steady
    steady = time
  }
  return {
    now: () => unix,
    steadyNow: () => steady,
    setTimer(run, ms) {
      const timer = { run, at: steady + ms }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    async pass(ms) {
      const end = steady + ms
      await settle()
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (!next) break
        timers.delete(next)
        moveTo(Math.max(steady, next.at))
        next.run()
        await settle()
      }
      moveTo(end)
    },
    jump: (ms) => void (unix += ms),
    timers: () => timers.size,
  }
}
