// @ts-check
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const COLLECTOR = join(import.meta.dirname, '../../collector/bin/zenovay-collector.mjs')

/** A data folder with one site, and the environment of a collector that always uses the same port. */
export async function openSite({ dataDir = mkdtempSync(join(tmpdir(), 'zenovay-fault-')) } = {}) {
  const port = await findFreePort()
  const env = { DATA_DIR: dataDir, PORT: String(port), LOG_LEVEL: 'fatal', TRUSTED_PROXIES: '127.0.0.1' }
  const added = execFileSync(COLLECTOR, ['site', 'add', 'example.com'], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  })
  return {
    dataDir,
    env,
    port,
    path: `/e/${/tracking code: (\S+)/.exec(added)[1]}`,
    remove: () => rmSync(dataDir, { recursive: true }),
  }
}

/** The process id of a collector's embedded engine. */
export function findEngine(collectorPid) {
  return Number(execFileSync('pgrep', ['-P', String(collectorPid)], { encoding: 'utf8' }).trim())
}

export async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  await new Promise((resolve) => server.close(resolve))
  return port
}
