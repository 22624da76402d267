/**
 * Maintains daily rollups. A rollup contains the visits of one past day, which reports read instead of
 * events.
 */
export interface Rollups {
  /**
   * Builds missing and outdated rollups, newest day first, for about `forMs` milliseconds. A rollup is
   * outdated if events that affect it arrived later. Concurrent calls are safe.
   */
  rollUp(options: { forMs: number }): Promise<RollupResult>
  /** Rebuilds the rollup of every day. Reports read the old rollups until the new ones are complete. */
  rebuild(): Promise<RollupResult>
  /**
   * Runs a function while no rollup is being built. Use it to delete events, so that no rollup is built from
   * events that are being deleted.
   */
  pause<Result>(run: () => Promise<Result>): Promise<Result>
  /** Aborts the rollup that is being built and starts no other rollup. */
  close(): Promise<void>
}

export interface RollupResult {
  /** Number of days that were rolled up, summed over all sites. */
  rolledUpDays: number
  /** Whether all days that were due have been rolled up. */
  isDone: boolean
}
