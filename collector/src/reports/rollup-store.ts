/** Maintains the daily rollups that reports read instead of the events of past days. */
export interface Rollups {
  /**
   * Invalidates the rollups of days with late events. Then rolls up days that are due, newest first, for
   * about `forMs` milliseconds. Concurrent calls are safe.
   */
  rollUp(options: { forMs: number }): Promise<RollupResult>
  /** Rebuilds the rollup of every day. Reports read the old rollups until the new ones are complete. */
  rebuild(): Promise<RollupResult>
  /** Runs a deletion of events while no rollup is being built from these events. */
  pause<Result>(run: () => Promise<Result>): Promise<Result>
  /** Aborts the rollup that is being built, and starts no further one. */
  close(): Promise<void>
}

export interface RollupResult {
  /** Number of days that were rolled up, summed over all sites. */
  rolledUpDays: number
  /** Whether no more days are due. */
  isDone: boolean
}
