import { type Kysely, sql } from 'kysely'

/**
 * Runs `work` in one transaction of a SQLite database that no other writer shares, in this process or another: what it reads stays true until it is done.
 *
 * The lock is taken before the first read. A transaction that takes it with its first write fails at once when another process wrote meanwhile.
 */
export async function runExclusively<Tables, Result>(
  db: Kysely<Tables>,
  work: (connection: Kysely<Tables>) => Promise<Result>,
): Promise<Result> {
  return db.connection().execute(async (connection) => {
    await sql`BEGIN IMMEDIATE`.execute(connection)
    try {
      const result = await work(connection)
      await sql`COMMIT`.execute(connection)
      return result
    } catch (error) {
      // A full disk has rolled back by itself, and then there is nothing to roll back.
      await sql`ROLLBACK`.execute(connection).catch(() => {})
      throw error
    }
  })
}

/**
 * Like {@link runExclusively}, but its commit does not wait for the disk: 0.06 ms instead of 2, for which SQLite would hold the process up.
 *
 * A crash of the process loses nothing; one of the machine may lose what the last such transactions wrote, but never
 * leaves half of one, nor anything of a synced transaction.
 */
export async function runUnsynced<Tables, Result>(
  db: Kysely<Tables>,
  work: (connection: Kysely<Tables>) => Promise<Result>,
): Promise<Result> {
  return db.connection().execute(async (connection) => {
    await sql`PRAGMA synchronous = NORMAL`.execute(connection)
    try {
      return await runExclusively(connection, work)
    } finally {
      await sql`PRAGMA synchronous = FULL`.execute(connection)
    }
  })
}
