import type { Kysely } from 'kysely'

/** Salts move to files, so that no backup of the control data holds them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('salts').execute()
}
