/** Name of a checkpoint. A checkpoint stores the progress of a background job across restarts. */
export type CheckpointName = 'sessions-ended' | 'events-judged'

/** Stores checkpoints as Unix times in milliseconds. */
export interface CheckpointStore {
  /** Resolves to undefined if the checkpoint was never saved. */
  findCheckpoint(name: CheckpointName): Promise<number | undefined>
  saveCheckpoint(name: CheckpointName, at: number): Promise<void>
}
