import { type Kysely, type Migration, Migrator, sql } from 'kysely'
import { describeError } from '../../../errors.js'
import { runExclusively } from '../transaction.js'
import { ALERT_MIGRATION } from './alerts.js'
import { CHANGE_MIGRATION } from './changes.js'
import { GOAL_MIGRATION } from './goals.js'
import { INBOUND_MIGRATION } from './integrations.js'
import { WEBHOOK_MIGRATION } from './webhooks.js'

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
    },
  },
  // The account that every collector has: it gets what was there before there were accounts, and the largest plan.
  '004-accounts-and-limits': {
    async up(db: Kysely<unknown>) {
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
      // Without a reference: SQLite adds none to a column that has a default. Accounts are never removed.
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
        .addColumn('key_id', 'text', (column) =>
          column.notNull().references('api_keys.id').onDelete('cascade'),
        )
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
    },
  },
  '005-webhooks': WEBHOOK_MIGRATION,
  '006-goals': GOAL_MIGRATION,
  '007-alerts': ALERT_MIGRATION,
  '008-inbound': INBOUND_MIGRATION,
  '009-change-log': CHANGE_MIGRATION,
}

/**
 * Brings a SQLite database to its latest schema, with every step that is due in one transaction: whoever is killed meanwhile leaves it as it was.
 *
 * The migrator itself runs steps on SQLite one statement at a time, because not every engine of its adapter can take
 * back a CREATE TABLE; SQLite can. The lock is taken first, so that of two processes the second waits and finds it done.
 */
export async function migrateControl<Tables>(
  db: Kysely<Tables>,
  migrations: Record<string, Migration>,
): Promise<void> {
  await runExclusively(db, async (connection) => {
    const { error } = await new Migrator({
      db: connection,
      provider: { getMigrations: () => Promise.resolve(migrations) },
    }).migrateToLatest()
    if (error !== undefined) throw error instanceof Error ? error : new Error(describeError(error))
  })
}
