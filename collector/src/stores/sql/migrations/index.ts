import { type Kysely, type Migration, Migrator } from 'kysely'
import { describeError } from '../../../errors.js'
import { runExclusively } from '../dialect.js'
import * as sitesKeysSalts from './001-sites-keys-salts.js'
import * as saltsMoveOut from './002-salts-move-out.js'
import * as siteSettings from './003-site-settings.js'
import * as accountsAndLimits from './004-accounts-and-limits.js'
import * as webhooks from './005-webhooks.js'
import * as goals from './006-goals.js'
import * as alerts from './007-alerts.js'
import * as inbound from './008-inbound.js'
import * as changeLog from './009-change-log.js'
import * as accountUsage from './010-account-usage.js'
import * as recipients from './011-recipients.js'
import * as replayLimit from './012-replay-limit.js'
import * as searchParameters from './013-search-parameters.js'

/**
 * Migrations, keyed by the name that is recorded in the database. They run in the order of their names. A
 * released migration must never change.
 */
export const CONTROL_MIGRATIONS: Record<string, Migration> = {
  '001-sites-keys-salts': sitesKeysSalts,
  '002-salts-move-out': saltsMoveOut,
  '003-site-settings': siteSettings,
  '004-accounts-and-limits': accountsAndLimits,
  '005-webhooks': webhooks,
  '006-goals': goals,
  '007-alerts': alerts,
  '008-inbound': inbound,
  '009-change-log': changeLog,
  '010-account-usage': accountUsage,
  '011-recipients': recipients,
  '012-replay-limit': replayLimit,
  '013-search-parameters': searchParameters,
}

/**
 * Runs all pending migrations in one transaction, so that a crash leaves the database unchanged.
 *
 * Kysely's migrator does not use a transaction on SQLite, although SQLite can roll back CREATE TABLE. The
 * write lock is acquired first, so that a second process waits and then finds the migrations completed.
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
