/** The end of a list of runs. */
export const NO_RUN = -1

/** Runs of requests as linked lists: time, count and next run. All lists share memory of a fixed size. */
interface RequestLogPool {
  timeOf(run: number): number
  countOf(run: number): number
  nextOf(run: number): number
  append(run: number, next: number): void
  isFull(): boolean
  /** Adds a run without a next one. The pool must not be full. */
  claim(time: number, count: number): number
  release(run: number): void
}

/**
 * A pool of at most `size` runs in typed arrays: 14 bytes per run, which the system allocates on first use.
 * Objects would take six times as much, and more as garbage under a flood of addresses.
 */
export function createRequestLogPool(size: number): RequestLogPool {
  const times = new Float64Array(size)
  const counts = new Uint16Array(size)
  const nexts = new Int32Array(size)
  let untouched = 0
  // Head of the list of released runs.
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
