import { type Kysely, sql } from 'kysely'

/**
 * Adds the recipients of mail and the record of sent mails. The addresses of existing alerts are not listed:
 * an address without a row is pending, and gets its confirmation mail when it is first needed.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('recipients')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('confirmed_at', 'integer')
    .addColumn('unsubscribed_at', 'integer')
    .addColumn('asked_at', 'integer')
    .addColumn('token_hash', 'text', (column) => column.unique())
    .addColumn('token_used', 'integer', (column) => column.notNull().defaultTo(0))
    .addUniqueConstraint('recipients_address', ['account_id', 'address'])
    .execute()
  await db.schema
    .createTable('sent_mails')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('mailbox', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('at', 'integer', (column) => column.notNull())
    .execute()
  await sql`CREATE INDEX sent_mails_account ON sent_mails (account_id, kind, at)`.execute(db)
  await sql`CREATE INDEX sent_mails_mailbox ON sent_mails (mailbox, at) WHERE kind = 'confirmation'`.execute(
    db,
  )
}
