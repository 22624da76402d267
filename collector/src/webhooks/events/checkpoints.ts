/** How far the work has come that goes on over restarts. */
export type CheckpointName = 'sessions-ended' | 'events-judged'

/** Remembers moments, ms since the epoch. */
export interface CheckpointStore {
  /** Undefined when nothing was written yet. */
  findCheckpoint(name: CheckpointName): Promise<number | undefined>
  saveCheckpoint(name: CheckpointName, at: number): Promise<void>
}
