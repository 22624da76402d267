import type { Kysely } from 'kysely'

/**
 * Drops the table of salts. Salts are now stored in files, so that no backup of the control store contains
 * them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('salts').execute()
}
