import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const STAMP = join(ROOT, 'node_modules/.installed-lock')

const hashLock = () =>
  createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex')

/** Returns whether the dependencies in package-lock.json are installed. */
export function isInstalled() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hashLock()
}

/**
 * Installs the dependencies in package-lock.json, unless they are there already: after the first time it
 * needs no network.
 */
export function ensureInstalled() {
  if (isInstalled()) return
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error('npm ci failed: see above. The first install needs the npm registry.')
  writeFileSync(STAMP, hashLock())
}
