import { Migrator, type Kysely, type Migration } from 'kysely'
import { describeError } from '../errors.js'
import { runExclusively } from './run-exclusively.js'

/**
 * Brings a SQLite database to its latest schema, with every step that is due in one transaction: whoever is killed meanwhile leaves it as it was.
 *
 * The migrator itself runs steps on SQLite one statement at a time, because not every engine of its adapter can take
 * back a CREATE TABLE; SQLite can. The lock is taken first, so that of two processes the second waits and finds it done.
 */
export async function migrateControl<Tables>(
  db: Kysely<Tables>,
  migrations: Record<string, Migration>,
): Promise<void> {
  await runExclusively(db, async (connection) => {
    const { error } = await new Migrator({
      db: connection,
      provider: { getMigrations: () => Promise.resolve(migrations) },
    }).migrateToLatest()
    if (error !== undefined) throw error instanceof Error ? error : new Error(describeError(error))
  })
}
