import { chmodSync } from 'node:fs'
import { type Kysely, type RawBuilder, sql, SqliteDialect } from 'kysely'
import Database from 'libsql'
import { SECOND_MS } from '../../durations.js'

// This file has all code that only SQLite needs; the other files of this folder are Kysely queries.

const BUSY_TIMEOUT_MS = 5 * SECOND_MS

/** Opens a SQLite file, created when missing, that only this user may read. */
export function openDialect(file: string): SqliteDialect {
  const database = new Database(file)
  chmodSync(file, 0o600)
  for (const pragma of [
    // A second process, the command line, may write while the collector runs.
    `busy_timeout = ${BUSY_TIMEOUT_MS}`,
    'journal_mode = WAL',
    'synchronous = FULL',
    'foreign_keys = ON',
    // Overwrites deleted rows with zeros.
    'secure_delete = ON',
  ])
    database.pragma(pragma)
  return new SqliteDialect({ database })
}

/**
 * Runs `work` in a transaction without any other writer, in this process or another: its reads stay valid
 * until the commit.
 *
 * The lock is taken before the first read. A transaction that takes it with its first write fails at once
 * when another process wrote meanwhile.
 */
export function runExclusively<Tables, Result>(
  db: Kysely<Tables>,
  work: (connection: Kysely<Tables>) => Promise<Result>,
): Promise<Result> {
  return db.connection().execute(async (connection) => {
    await sql`BEGIN IMMEDIATE`.execute(connection)
    try {
      const result = await work(connection)
      await sql`COMMIT`.execute(connection)
      return result
    } catch (error) {
      // When the disk is full, SQLite has already rolled back and this statement fails.
      await sql`ROLLBACK`.execute(connection).catch(() => {})
      throw error
    }
  })
}

/**
 * Works like {@link runExclusively}, but the commit does not wait for the disk: 0.06 ms instead of 2, during
 * which SQLite blocks the process.
 *
 * A crash of the process loses nothing. A crash of the machine may lose the last such transactions, but never
 * half of one, nor anything of a synced transaction.
 */
export function runUnsynced<Tables, Result>(
  db: Kysely<Tables>,
  work: (connection: Kysely<Tables>) => Promise<Result>,
): Promise<Result> {
  return db.connection().execute(async (connection) => {
    await sql`PRAGMA synchronous = NORMAL`.execute(connection)
    try {
      return await runExclusively(connection, work)
    } finally {
      await sql`PRAGMA synchronous = FULL`.execute(connection)
    }
  })
}

/** A number that changes when another process commits, and with nothing else. */
export async function readDataVersion<Tables>(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ data_version: number }>`PRAGMA data_version`.execute(db)
  return rows[0]!.data_version
}

/** Empties the write-ahead log, which still holds deleted rows. */
export async function truncateJournal<Tables>(db: Kysely<Tables>): Promise<void> {
  await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(db)
}

/** Copies the database, as of one moment, into a new file. */
export async function copyDatabase<Tables>(db: Kysely<Tables>, file: string): Promise<void> {
  await sql`VACUUM INTO ${file}`.execute(db)
  chmodSync(file, 0o600)
}

/** A JSON array as rows with a column `value`: it is one bound parameter, however many there are. */
export function jsonRows(json: string): RawBuilder<unknown> {
  return sql`json_each(${json})`
}

/** A subquery of the given values, for IN. */
export function listOf(values: readonly (string | number)[]): RawBuilder<unknown> {
  return sql`(SELECT value FROM ${jsonRows(JSON.stringify(values))})`
}

/** Orders rows by their insertion. */
export function insertionOrder(table: string): RawBuilder<unknown> {
  return sql`${sql.ref(table)}.rowid`
}

// Codes of errors that are caused by the disk or another process, not by a query.
const UNAVAILABLE = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|CORRUPT|NOTADB)/

/** Whether an error means that the file cannot be used now. */
export function isUnavailable(error: unknown): boolean {
  return UNAVAILABLE.test(String((error as { code?: unknown }).code))
}
