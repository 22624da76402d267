/** Lets one loop sleep until there is something to do. */
interface LoopSignal {
  /** Ends the sleep or, when nobody sleeps, the next one. */
  wake(): void
  /** Sleeps until a time of that clock, in ms, or until it is woken. */
  sleepUntil(at: number, clock: () => number): Promise<void>
  /** Sleeps, whoever wakes. */
  pause(ms: number): Promise<void>
}

// A clock that shows whole milliseconds may say "now" until the next one.
const LEAST_MS = 1
// The most that a timer can take is 24 days; looking once a minute costs nothing.
const LONGEST_MS = 60_000

export function createLoopSignal(): LoopSignal {
  let isAwake = false
  let rise: (() => void) | undefined
  return {
    wake() {
      isAwake = true
      rise?.()
    },
    async sleepUntil(at, clock) {
      if (!isAwake)
        await new Promise<void>((resolve) => {
          const timer =
            at === Infinity
              ? undefined
              : setTimeout(resolve, Math.min(LONGEST_MS, Math.max(LEAST_MS, at - clock())))
          rise = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      rise = undefined
      isAwake = false
    },
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  }
}

interface Clocks {
  /** ms since the epoch. */
  now: () => number
  /** ms of a clock that never steps. */
  steadyNow: () => number
}

/** ms since the epoch, as they were when the process began and went on evenly: a wall clock that is set brings no retry early, nor late. */
export function createSteadyClock({ now, steadyNow }: Clocks): () => number {
  const [wallStart, steadyStart] = [now(), steadyNow()]
  return () => Math.floor(wallStart + steadyNow() - steadyStart)
}
