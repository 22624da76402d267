// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'

/** A client of the embedded engine of a running collector, with the password and port from the engine's file. */
export function createEngineClient({ dataDir }) {
  const { port, passwords } = JSON.parse(readFileSync(join(dataDir, 'engine/address.json'), 'utf8'))
  return createClient({
    url: `http://127.0.0.1:${port}`,
    username: 'maintenance',
    password: passwords.maintenance,
  })
}
