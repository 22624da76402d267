/** Maintains the daily rollups that reports read for past days. */
export interface Rollups {
  /**
   * Invalidates days with late events, then rolls up days that are due, newest first, for about `forMs`. It
   * is safe to run concurrently.
   */
  rollUp(options: { forMs: number }): Promise<RollupResult>
  /** Rebuilds every day. Reports read the old rollups until the new ones are complete. */
  rebuild(): Promise<RollupResult>
  /** Runs a deletion of events while no rollup reads them. */
  pause<Result>(run: () => Promise<Result>): Promise<Result>
  /** Aborts the rollup of the current day. */
  close(): Promise<void>
}

export interface RollupResult {
  /** Number of days rolled up, summed over sites. */
  rolledUpDays: number
  /** Whether no day is due any more. */
  isDone: boolean
}
