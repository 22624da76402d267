import { type Kysely, sql } from 'kysely'

/** Adds webhooks, their deliveries and their log. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('webhooks')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('site_id', 'text')
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('events', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('secret', 'text', (column) => column.notNull())
    .addColumn('active', 'integer', (column) => column.notNull())
    .addColumn('disabled_reason', 'text')
    .addColumn('failures_in_row', 'integer', (column) => column.notNull())
    .addColumn('backlog', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('last_triggered_at', 'integer')
    .addColumn('removed_at', 'integer')
    .execute()
  await db.schema
    .createTable('webhook_deliveries')
    .addColumn('seq', 'integer', (column) => column.primaryKey())
    .addColumn('webhook_id', 'text', (column) => column.notNull().references('webhooks.id'))
    .addColumn('event_id', 'text', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('site_id', 'text', (column) => column.notNull())
    .addColumn('stamped_at', 'integer', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('due_at', 'integer', (column) => column.notNull())
    .addColumn('queued_at', 'integer', (column) => column.notNull())
    .addColumn('ended_at', 'integer')
    .addUniqueConstraint('webhook_deliveries_event', ['webhook_id', 'event_id'])
    .addUniqueConstraint('webhook_deliveries_stamp', ['webhook_id', 'event', 'stamped_at'])
    .execute()
  await sql`CREATE INDEX webhook_deliveries_open ON webhook_deliveries (webhook_id, state, due_at) WHERE ended_at IS NULL`.execute(
    db,
  )
  await sql`CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (webhook_id, ended_at) WHERE ended_at IS NOT NULL`.execute(
    db,
  )
  await db.schema
    .createTable('webhook_log')
    // IDs must never be reused, because the ID of an entry is the cursor for the next page of the log.
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('webhook_id', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('site_id', 'text')
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('actor', 'text')
    .addColumn('event_id', 'text')
    .addColumn('event', 'text')
    .addColumn('attempt', 'integer')
    .addColumn('status', 'integer')
    .addColumn('error', 'text')
    .addColumn('duration_ms', 'integer')
    .addColumn('answer', 'text')
    .addColumn('note', 'text')
    .addColumn('count', 'integer')
    .execute()
  await db.schema.createIndex('webhook_log_account').on('webhook_log').columns(['account_id', 'id']).execute()
  await db.schema.createIndex('webhook_log_site').on('webhook_log').columns(['site_id', 'id']).execute()
  await sql`CREATE INDEX webhook_log_dropped ON webhook_log (webhook_id, id) WHERE kind = 'dropped'`.execute(
    db,
  )
}
