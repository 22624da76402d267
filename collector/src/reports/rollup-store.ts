export interface Rollups {
  /** Takes back the days to which late events came, and settles what is due, newest days first, for about `forMs`. May be done by several at once. */
  rollUp(options: { forMs: number }): Promise<RollupResult>
  /** Settles every day anew. Reports use the old builds until the new ones are there. */
  rebuild(): Promise<RollupResult>
  /** Runs what deletes events, while no day is being made of them. */
  pause<Result>(run: () => Promise<Result>): Promise<Result>
  /** Leaves the day that is being made unfinished. */
  close(): Promise<void>
}

export interface RollupResult {
  /** Days of sites that were settled. */
  settled: number
  /** Whether none is due any more. */
  isDone: boolean
}
