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
