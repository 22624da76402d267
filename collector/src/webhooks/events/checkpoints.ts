/** Progress of background work that survives restarts. */
export type CheckpointName = 'sessions-ended' | 'events-judged'

/** Stores moments, ms since the epoch. */
export interface CheckpointStore {
  /** Resolves to undefined before the first save. */
  findCheckpoint(name: CheckpointName): Promise<number | undefined>
  saveCheckpoint(name: CheckpointName, at: number): Promise<void>
}
