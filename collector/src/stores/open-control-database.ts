import { chmodSync } from 'node:fs'
import { Kysely, SqliteDialect } from 'kysely'
import Database from 'libsql'
import { StartError, describeError } from '../errors.js'
import { CONTROL_MIGRATIONS } from './control-migrations.js'
import type { ControlDatabase, ControlTables } from './control-tables.js'
import { migrateControl } from './migrate-control.js'

const BUSY_TIMEOUT_MS = 5_000

/**
 * Opens the one SQLite file of the control data, created and migrated when needed. Rejects with a {@link StartError} when it cannot be opened.
 *
 * The stores of a process share what this gives: a second connection would have to wait for the first one's transaction, and SQLite waits with the whole process.
 */
export async function openControlDatabase(file: string): Promise<ControlDatabase> {
  const db = openDatabase(file)
  await migrateControl(db, CONTROL_MIGRATIONS).catch((error: unknown) => {
    throw new StartError(
      `The control data in ${file} could not be brought to this version: ${describeError(error)}. Restore it from a backup, or move it away to begin anew.`,
    )
  })
  return db
}

function openDatabase(file: string): ControlDatabase {
  try {
    const database = new Database(file)
    chmodSync(file, 0o600)
    // A second process (the command line) may write while the collector runs; what is deleted is overwritten.
    for (const pragma of [
      `busy_timeout = ${BUSY_TIMEOUT_MS}`,
      'journal_mode = WAL',
      'synchronous = FULL',
      'foreign_keys = ON',
      'secure_delete = ON',
    ])
      database.pragma(pragma)
    return new Kysely<ControlTables>({ dialect: new SqliteDialect({ database }) })
  } catch (error) {
    throw new StartError(
      `The control data cannot be opened at ${file}: ${describeError(error)}. Check that DATA_DIR is writable and its disk has room.`,
    )
  }
}
