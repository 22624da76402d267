import type { Kysely } from 'kysely'

/** Adds Stripe events, customers and subscriptions, and the uptime status of sites. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('billing_events')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('taken_at', 'integer', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('billing_events_taken').on('billing_events').column('taken_at').execute()
  await db.schema
    .createTable('billing_customers')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .execute()
  // The customer ID is not a foreign key because a subscription may arrive before its customer.
  await db.schema
    .createTable('billing_subscriptions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('customer_id', 'text', (column) => column.notNull())
    .addColumn('plan', 'text')
    .addColumn('live', 'integer', (column) => column.notNull())
    .addColumn('over', 'integer', (column) => column.notNull())
    .addColumn('told_at', 'integer', (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex('billing_subscriptions_customer')
    .on('billing_subscriptions')
    .column('customer_id')
    .execute()
  await db.schema
    .createTable('site_status')
    .addColumn('site_id', 'text', (column) => column.primaryKey().references('sites.id').onDelete('cascade'))
    .addColumn('up', 'integer', (column) => column.notNull())
    .addColumn('changed_at', 'integer', (column) => column.notNull())
    .execute()
}
