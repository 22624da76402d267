// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'

/**
 * A client of the embedded engine of a running collector, with the password and port from the engine's
 * files.
 */
export function createEngineClient({ dataDir, enginePid }) {
  const [, encoded] = /<Authorization>Basic (\S+?)<\/Authorization>/.exec(
    readFileSync(join(dataDir, 'engine/config.xml'), 'utf8'),
  )
  const [username, password] = Buffer.from(encoded, 'base64').toString().split(':')
  const port = readFileSync(`/proc/${enginePid}/cmdline`, 'utf8').split('\0').at(-3)
  return createClient({ url: `http://127.0.0.1:${port}`, username, password })
}
