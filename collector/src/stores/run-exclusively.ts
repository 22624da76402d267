import { sql, type Kysely } from 'kysely'

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
