/** Times and timers. Tests pass a clock of their own; nobody else needs to. */
export interface Clock {
  /** Unix time in milliseconds. It jumps when the clock of the machine is set. */
  now(): number
  /** Milliseconds since some moment. It never jumps. */
  steadyNow(): number
  /**
   * Calls `run` after `ms` milliseconds, and returns a function that prevents it. A timer keeps no process alive, unless
   * somebody waits for it.
   */
  setTimer(run: () => void, ms: number, isAwaited?: boolean): () => void
}

// Longer timers would fire at once.
const MAX_TIMER_MS = 2 ** 31 - 1

/** What runtimes other than browsers have of timers: an object in Node.js and Bun, a function of Deno. */
interface Unref {
  unref?: () => void
}
declare const Deno: { unrefTimer?: (timer: number) => void } | undefined

export const systemClock: Clock = {
  now: () => Date.now(),
  steadyNow: () => performance.now(),
  setTimer(run, ms, isAwaited) {
    const timer = setTimeout(run, Math.min(ms, MAX_TIMER_MS))
    if (isAwaited) return () => clearTimeout(timer)
    if (typeof timer === 'object') (timer as Unref).unref?.()
    else if (typeof Deno === 'object') Deno?.unrefTimer?.(timer)
    return () => clearTimeout(timer)
  },
}
