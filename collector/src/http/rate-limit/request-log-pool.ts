/** The end of a list of runs. */
export const NO_RUN = -1

/** Runs of requests: when, how many, and the run that came after. Lists of runs share one memory of a fixed size. */
interface RequestLogPool {
  timeOf(run: number): number
  countOf(run: number): number
  nextOf(run: number): number
  append(run: number, next: number): void
  isFull(): boolean
  /** A new run without a next; the pool must not be full. */
  claim(time: number, count: number): number
  release(run: number): void
}

/**
 * A pool of at most `size` runs in typed arrays: 14 bytes a run, and the system gives that memory only when it is touched.
 * Objects would take six times as much, and the garbage of a flood of addresses even more.
 */
export function createRequestLogPool(size: number): RequestLogPool {
  const times = new Float64Array(size)
  const counts = new Uint16Array(size)
  const nexts = new Int32Array(size)
  let untouched = 0
  // Released runs are a list of their own.
  let released = NO_RUN

  return {
    timeOf: (run) => times[run]!,
    countOf: (run) => counts[run]!,
    nextOf: (run) => nexts[run]!,
    append(run, next) {
      nexts[run] = next
    },
    isFull: () => released === NO_RUN && untouched === size,
    claim(time, count) {
      const run = released === NO_RUN ? untouched++ : released
      if (run === released) released = nexts[run]!
      times[run] = time
      counts[run] = count
      nexts[run] = NO_RUN
      return run
    },
    release(run) {
      nexts[run] = released
      released = run
    },
  }
}
