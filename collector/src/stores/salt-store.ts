/** Where the daily salts of cookieless visitors live: apart from everything that is backed up. Days are UTC, `YYYY-MM-DD`. */
export interface SaltStore {
  /** The salt of a day, 32 random bytes, the same for every collector that shares the store; made when there is none. */
  saltOf(day: string): Promise<Buffer>
  /** The salt of a day, unless there is none. */
  findSalt(day: string): Promise<Buffer | undefined>
  /** Deletes the salts of the days before `day` for good. */
  deleteBefore(day: string): Promise<void>
}
