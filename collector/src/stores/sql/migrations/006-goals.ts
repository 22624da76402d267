import type { Kysely } from 'kysely'

/** Adds goals and the checkpoints of background jobs. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('goals')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('site_id', 'text', (column) => column.notNull().references('sites.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('value', 'real')
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('ruled_at', 'integer', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('goals_of_site').on('goals').column('site_id').execute()
  await db.schema
    .createTable('marks')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('at', 'integer', (column) => column.notNull())
    .execute()
}
