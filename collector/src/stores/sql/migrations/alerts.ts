import { type Kysely, type Migration, sql } from 'kysely'

/** Alerts with their state, and what is to be told of them. */
export const ALERT_MIGRATION: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('alerts')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('site_id', 'text', (column) => column.notNull().references('sites.id').onDelete('cascade'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('metric', 'text', (column) => column.notNull())
      .addColumn('comparison', 'text', (column) => column.notNull())
      .addColumn('threshold', 'real', (column) => column.notNull())
      .addColumn('hysteresis', 'real', (column) => column.notNull())
      .addColumn('window_minutes', 'integer', (column) => column.notNull())
      .addColumn('minimum_volume', 'integer', (column) => column.notNull())
      .addColumn('cool_down_minutes', 'integer', (column) => column.notNull())
      .addColumn('currency', 'text', (column) => column.notNull())
      .addColumn('active', 'integer', (column) => column.notNull())
      .addColumn('destinations', 'text', (column) => column.notNull())
      .addColumn('created_at', 'integer', (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('firing', 'integer', (column) => column.notNull())
      .addColumn('judged_to', 'integer', (column) => column.notNull())
      .addColumn('value', 'real')
      .addColumn('fired_at', 'integer')
      .execute()
    await db.schema.createIndex('alerts_site').on('alerts').column('site_id').execute()
    await db.schema
      .createTable('alert_notices')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('alert_id', 'text', (column) => column.notNull().references('alerts.id').onDelete('cascade'))
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('place', 'integer', (column) => column.notNull())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('sealed', 'text')
      .addColumn('event', 'text', (column) => column.notNull())
      .addColumn('data', 'text', (column) => column.notNull())
      .addColumn('at', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('due_at', 'integer', (column) => column.notNull())
      .addColumn('ended_at', 'integer')
      .addColumn('error', 'text')
      .addUniqueConstraint('alert_notices_key', ['alert_id', 'key', 'place'])
      .execute()
    await sql`CREATE INDEX alert_notices_due ON alert_notices (due_at) WHERE ended_at IS NULL`.execute(db)
    await sql`CREATE INDEX alert_notices_ended ON alert_notices (ended_at) WHERE ended_at IS NOT NULL`.execute(
      db,
    )
  },
}
