/** How far the work has come that goes on over restarts. */
export type MarkName = 'sessions-ended' | 'events-judged'

/** Remembers moments, ms since the epoch. */
export interface MarkStore {
  /** Undefined when nothing was written yet. */
  readMark(name: MarkName): Promise<number | undefined>
  writeMark(name: MarkName, at: number): Promise<void>
}
