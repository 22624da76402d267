import { Migrator, sql, type Kysely, type Migration } from 'kysely'
import { describeError } from '../errors.js'

/**
 * Brings a SQLite database to its latest schema, with every step that is due in one transaction: whoever is killed meanwhile leaves it as it was.
 *
 * The migrator itself runs steps on SQLite one statement at a time, because not every engine of its adapter can take
 * back a CREATE TABLE; SQLite can. The lock is taken first, so that of two processes the second waits and finds it done.
 */
export async function migrateControl<Tables>(db: Kysely<Tables>, migrations: Record<string, Migration>): Promise<void> {
  await db.connection().execute(async (connection) => {
    await sql`BEGIN IMMEDIATE`.execute(connection)
    const { error } = await new Migrator({ db: connection, provider: { getMigrations: () => Promise.resolve(migrations) } }).migrateToLatest()
    if (error === undefined) return sql`COMMIT`.execute(connection)
    // A full disk has rolled back by itself, and then there is nothing to roll back.
    await sql`ROLLBACK`.execute(connection).catch(() => {})
    throw error instanceof Error ? error : new Error(describeError(error))
  })
}
