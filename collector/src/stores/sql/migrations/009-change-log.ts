import type { Kysely } from 'kysely'

/** Adds the change log of alerts, goals and API keys. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('change_log')
    // IDs must never be reused, because the ID of an entry is the cursor for the next page of the log.
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('subject_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('site_id', 'text')
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('actor', 'text')
    .addColumn('fields', 'text')
    .execute()
  await db.schema
    .createIndex('change_log_account')
    .on('change_log')
    .columns(['account_id', 'type', 'id'])
    .execute()
}
