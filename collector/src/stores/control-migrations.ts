import type { Kysely, Migration } from 'kysely'

/** Steps of the control schema by name, run in the order of the names; a released step is never edited. */
export const CONTROL_MIGRATIONS: Record<string, Migration> = {
  '001-sites-keys-salts': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('sites')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('tracking_code', 'text', (column) => column.notNull().unique())
        .addColumn('domain', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('allowed_domains', 'text', (column) => column.notNull())
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('api_keys')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('hash', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('site_id', 'text', (column) => column.references('sites.id'))
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('salts')
        .addColumn('day', 'text', (column) => column.primaryKey())
        .addColumn('salt', 'text', (column) => column.notNull())
        .execute()
    },
  },
  // Salts live in files of their own, which no backup of the control data holds.
  '002-salts-move-out': {
    up: (db: Kysely<unknown>) => db.schema.dropTable('salts').execute(),
  },
  '003-site-settings': {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable('sites').addColumn('time_zone', 'text', (column) => column.notNull().defaultTo('UTC')).execute()
      await db.schema.alterTable('sites').addColumn('retention_months', 'integer', (column) => column.notNull().defaultTo(25)).execute()
      await db.schema.alterTable('api_keys').addColumn('scope', 'text', (column) => column.notNull().defaultTo('read')).execute()
      await db.schema
        .createTable('removals')
        .addColumn('site_id', 'text', (column) => column.primaryKey())
        .addColumn('removed_at', 'integer', (column) => column.notNull())
        .execute()
    },
  },
}
