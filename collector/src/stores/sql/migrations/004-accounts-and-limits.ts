import { type Kysely, sql } from 'kysely'

/**
 * Adds accounts, the usage of API keys and error groups. All existing sites and API keys are assigned to the
 * default account, which has the largest plan.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('accounts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('plan', 'text', (column) => column.notNull())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .execute()
  await sql`INSERT INTO accounts (id, name, plan, created_at) VALUES ('acc_default', 'default', 'enterprise', ${Date.now()})`.execute(
    db,
  )
  // The column has no foreign key because SQLite cannot add one to a column with a default value. The account
  // always exists because accounts are never removed.
  for (const table of ['sites', 'api_keys'])
    await db.schema
      .alterTable(table)
      .addColumn('account_id', 'text', (column) => column.notNull().defaultTo('acc_default'))
      .execute()
  await db.schema
    .createTable('key_usage')
    .addColumn('key_id', 'text', (column) =>
      column.primaryKey().references('api_keys.id').onDelete('cascade'),
    )
    .addColumn('minute_began_at', 'integer', (column) => column.notNull())
    .addColumn('minute_count', 'integer', (column) => column.notNull())
    .addColumn('last_used_at', 'integer', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('key_months')
    .addColumn('key_id', 'text', (column) => column.notNull().references('api_keys.id').onDelete('cascade'))
    .addColumn('month', 'text', (column) => column.notNull())
    .addColumn('count', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('key_months_key', ['key_id', 'month'])
    .execute()
  await db.schema
    .createTable('error_groups')
    .addColumn('site_id', 'text', (column) => column.notNull().references('sites.id').onDelete('cascade'))
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('changed_at', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('error_groups_key', ['site_id', 'fingerprint'])
    .execute()
}
