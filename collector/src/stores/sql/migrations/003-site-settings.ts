import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('sites')
    .addColumn('time_zone', 'text', (column) => column.notNull().defaultTo('UTC'))
    .execute()
  await db.schema
    .alterTable('sites')
    .addColumn('retention_months', 'integer', (column) => column.notNull().defaultTo(25))
    .execute()
  await db.schema
    .alterTable('api_keys')
    .addColumn('scope', 'text', (column) => column.notNull().defaultTo('read'))
    .execute()
  await db.schema
    .createTable('removals')
    .addColumn('site_id', 'text', (column) => column.primaryKey())
    .addColumn('removed_at', 'integer', (column) => column.notNull())
    .execute()
}
