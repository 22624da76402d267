import { type Kysely, sql } from 'kysely'

/**
 * Counts requests for each account instead of each API key. The counts of the months are kept. The count of the
 * current minute starts at zero.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('account_minutes')
    .addColumn('account_id', 'text', (column) =>
      column.primaryKey().references('accounts.id').onDelete('cascade'),
    )
    .addColumn('began_at', 'integer', (column) => column.notNull())
    .addColumn('count', 'integer', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('account_months')
    .addColumn('account_id', 'text', (column) =>
      column.notNull().references('accounts.id').onDelete('cascade'),
    )
    .addColumn('month', 'text', (column) => column.notNull())
    .addColumn('count', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('account_months_key', ['account_id', 'month'])
    .execute()
  await sql`
    INSERT INTO account_months (account_id, month, count)
    SELECT k.account_id, m.month, sum(m.count) FROM key_months AS m INNER JOIN api_keys AS k ON k.id = m.key_id
    WHERE k.account_id IN (SELECT id FROM accounts) GROUP BY k.account_id, m.month
  `.execute(db)
  await db.schema.dropTable('key_months').execute()
  await db.schema
    .createTable('key_uses')
    .addColumn('key_id', 'text', (column) =>
      column.primaryKey().references('api_keys.id').onDelete('cascade'),
    )
    .addColumn('last_used_at', 'integer', (column) => column.notNull())
    .execute()
  await sql`INSERT INTO key_uses (key_id, last_used_at) SELECT key_id, last_used_at FROM key_usage`.execute(
    db,
  )
  await db.schema.dropTable('key_usage').execute()
}
