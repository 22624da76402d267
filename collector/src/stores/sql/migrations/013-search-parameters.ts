import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('sites')
    .addColumn('search_parameters', 'text', (column) =>
      column.notNull().defaultTo('["q","query","search","s"]'),
    )
    .execute()
}
