import { randomInt } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { Kysely, Migrator, SqliteDialect, type Selectable } from 'kysely'
import Database from 'libsql'
import { StartError, describeError } from '../errors.js'
import { CONTROL_MIGRATIONS } from './control-migrations.js'
import type { ApiKey, ControlStore, Site } from './control-store.js'

interface Tables {
  sites: { id: string; tracking_code: string; domain: string; name: string; allowed_domains: string; created_at: number }
  api_keys: { id: string; hash: string; name: string; site_id: string | null; created_at: number }
}

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const BUSY_TIMEOUT_MS = 5_000

/** Control data in one SQLite file, created and migrated when needed. Rejects with a {@link StartError} when it cannot be opened. */
export async function openSqliteControlStore(file: string): Promise<ControlStore> {
  const db = openDatabase(file)
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(CONTROL_MIGRATIONS) } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw new StartError(`The control data in ${file} could not be brought to this version: ${describeError(error)}. Restore it from a backup, or move it away to begin anew.`)

  return {
    async addSite(site) {
      const row = {
        id: `ws_${randomText(12).toLowerCase()}`,
        tracking_code: `ZV_${randomText(11)}`,
        domain: site.domain,
        name: site.name,
        allowed_domains: JSON.stringify(site.allowedDomains),
        created_at: Date.now(),
      }
      await db.insertInto('sites').values(row).execute()
      return toSite(row)
    },
    async listSites() {
      const rows = await db.selectFrom('sites').selectAll().orderBy('created_at').execute()
      return rows.map(toSite)
    },
    async findSiteByCode(trackingCode) {
      const row = await db.selectFrom('sites').selectAll().where('tracking_code', '=', trackingCode).executeTakeFirst()
      return row && toSite(row)
    },
    async findSite(id) {
      const row = await db.selectFrom('sites').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toSite(row)
    },
    async addApiKey(key) {
      await db.insertInto('api_keys').values({ id: key.id, hash: key.hash, name: key.name, site_id: key.siteId, created_at: key.createdAt }).execute()
    },
    async findApiKey(id): Promise<ApiKey | undefined> {
      const row = await db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst()
      return row && { id: row.id, hash: row.hash, name: row.name, siteId: row.site_id, createdAt: row.created_at }
    },
    close: () => db.destroy(),
  }
}

function openDatabase(file: string): Kysely<Tables> {
  try {
    const database = new Database(file)
    chmodSync(file, 0o600)
    // A second process (the command line) may write while the collector runs; what is deleted is overwritten.
    for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', `busy_timeout = ${BUSY_TIMEOUT_MS}`, 'foreign_keys = ON', 'secure_delete = ON']) database.pragma(pragma)
    return new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  } catch (error) {
    throw new StartError(`The control data cannot be opened at ${file}: ${describeError(error)}. Check that DATA_DIR is writable and its disk has room.`)
  }
}

function toSite(row: Selectable<Tables['sites']>): Site {
  return { id: row.id, trackingCode: row.tracking_code, domain: row.domain, name: row.name, allowedDomains: JSON.parse(row.allowed_domains) as string[], createdAt: row.created_at }
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}
