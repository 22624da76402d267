import type { Kysely, Migration } from 'kysely'

/** Who changed alerts, goals and keys. */
export const CHANGE_MIGRATION: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('change_log')
      // Never used again: a page of the log goes on below an id.
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
  },
}
