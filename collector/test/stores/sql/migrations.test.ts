import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kysely, type Migration, sql, SqliteDialect } from 'kysely'
import Database from 'libsql'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DEFAULT_SEARCH_PARAMETERS } from '../../../src/control/sites.js'
import { CONTROL_MIGRATIONS, migrateControl } from '../../../src/stores/sql/migrations/index.js'
import { openControlStores } from '../../../src/stores/sql/database.js'

// Layout of SQLite's journal: a header, then frames with one page each.
const HEADER_BYTES = 32
const FRAME_BYTES = 24 + 4096
const EVERY_FRAMES = 5

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zenovay-migrate-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('opens the control store after a crash at any moment of the first migration', async () => {
  const store = (await openControlStores(join(folder, 'control.db'))).control
  const [file, journal] = ['control.db', 'control.db-wal'].map((name) => readFileSync(join(folder, name)))
  await store.close()
  const frames = (journal!.length - HEADER_BYTES) / FRAME_BYTES
  expect(frames).toBeGreaterThan(5)

  // The disk holds some prefix of the journal, perhaps with a torn frame at its end. The journal is one
  // transaction, so only its last frames matter.
  const moments = Array.from({ length: frames + 1 }, (_, frame) => frame).filter(
    (frame) => frame % EVERY_FRAMES === 0 || frame > frames - EVERY_FRAMES,
  )
  for (const frame of moments)
    for (const torn of [0, 1000]) {
      const copy = join(folder, `${frame}-${torn}.db`)
      writeFileSync(copy, file!)
      writeFileSync(`${copy}-wal`, journal!.subarray(0, HEADER_BYTES + frame * FRAME_BYTES + torn))
      const opened = (await openControlStores(copy)).control
      expect(
        (await opened.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] }))
          .retentionMonths,
      ).toBe(25)
      await opened.close()
    }
})

it('rolls back a failing migration completely, and succeeds when it is retried', async () => {
  const db = new Kysely<Record<string, { id: string }>>({
    dialect: new SqliteDialect({ database: new Database(join(folder, 'control.db')) }),
  })
  const [first] = Object.entries(CONTROL_MIGRATIONS)
  await migrateControl(db, Object.fromEntries([first!]))
  await sql`INSERT INTO sites VALUES ('ws_1', 'ZV_1', 'example.com', 'Example', '[]', 0)`.execute(db)
  const before = await db.introspection.getTables({ withInternalKyselyTables: true })

  const failing: Migration = {
    async up(trial) {
      await trial.schema.createTable('half').addColumn('id', 'text').execute()
      await sql`DELETE FROM sites`.execute(trial)
      throw new Error('the disk is full')
    },
  }
  await expect(migrateControl(db, { ...CONTROL_MIGRATIONS, '999-fails': failing })).rejects.toThrow(
    'the disk is full',
  )
  expect(await db.introspection.getTables({ withInternalKyselyTables: true })).toEqual(before)
  expect(await db.selectFrom('sites').select('id').execute()).toEqual([{ id: 'ws_1' }])

  await migrateControl(db, CONTROL_MIGRATIONS)
  expect(await db.selectFrom('sites').select('id').execute()).toEqual([{ id: 'ws_1' }])
  await db.destroy()
})

it('assigns sites and keys from older releases to the default account', async () => {
  const file = join(folder, 'control.db')
  const db = new Kysely<Record<string, never>>({
    dialect: new SqliteDialect({ database: new Database(file) }),
  })
  await migrateControl(
    db,
    Object.fromEntries(Object.entries(CONTROL_MIGRATIONS).filter(([name]) => name < '004')),
  )
  await sql`INSERT INTO sites (id, tracking_code, domain, name, allowed_domains, created_at) VALUES ('ws_1', 'ZV_1', 'example.com', 'Example', '[]', 0)`.execute(
    db,
  )
  await sql`INSERT INTO api_keys (id, hash, name, site_id, created_at) VALUES ('k1', 'x', 'all', NULL, 0), ('k2', 'x', 'one', 'ws_1', 0)`.execute(
    db,
  )
  await db.destroy()

  const store = (await openControlStores(file)).control
  const [account, ...others] = await store.listAccounts()
  expect([account, others]).toMatchObject([{ name: 'default', plan: 'enterprise' }, []])
  expect((await store.listSitesOf({ accountId: account!.id, siteId: null })).map(({ id }) => id)).toEqual([
    'ws_1',
  ])
  // The names of older sites are those that a new site has.
  expect((await store.findSite('ws_1'))!.searchParameters).toEqual(DEFAULT_SEARCH_PARAMETERS)
  expect(
    (await store.listApiKeysOf({ accountId: account!.id, siteId: null })).map(
      ({ id, siteId, lastUsedAt }) => [id, siteId, lastUsedAt],
    ),
  ).toEqual([
    ['k1', null, null],
    ['k2', 'ws_1', null],
  ])
  expect(await store.readUsage('k1', Date.now())).toMatchObject({
    minute: { used: 0, limit: 120 },
    month: { used: 0, limit: 1_000_000 },
  })
  await store.close()
})
