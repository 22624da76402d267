// npm run test:node-lts: runs the unit tests and a start of the collector on the current LTS of Node, which npm
// brings. The Dockerfile uses the same version. Arguments are passed to vitest:
//   npm run test:node-lts -- test/contract collector/test/http
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ensureBuilt } from './build.mjs'

/** The newest release of the current LTS that npm has. */
export const NODE_LTS = '24.19.0'

const ROOT = join(import.meta.dirname, '..')

if (process.argv[1] === import.meta.filename)
  process.exitCode = process.version === `v${NODE_LTS}` ? await test(process.argv.slice(2)) : runOnLts()

/** Runs this script again on the LTS. Returns the exit code. */
function runOnLts() {
  ensureBuilt()
  // The package `node` would choose one of these with an install script, and our npm runs none.
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const prefix = platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'
  const packageName = `${prefix}-${platform}-${process.arch}@${NODE_LTS}`
  const command = ['exec', '--yes', `--package=${packageName}`, '--', 'node', import.meta.filename]
  const { status } = spawnSync('npm', [...command, ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' })
  return status ?? 1
}

/** Resolves to the exit code. */
async function test(files) {
  if (!process.release.lts) throw new Error(`Node ${NODE_LTS} is no LTS.`)
  console.log(`Node ${process.version}, ${process.release.lts}`)
  const vitest = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...files]
  const { status } = spawnSync(process.execPath, vitest, { cwd: ROOT, stdio: 'inherit' })
  const isUp = await start()
  console.log(isUp ? 'The collector starts.' : 'The collector does not start.')
  return status === 0 && isUp ? 0 : 1
}

/** Starts the built collector. Resolves to whether it became ready. */
async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'zenovay-lts-'))
  const child = spawn(process.execPath, [join(ROOT, 'collector/bin/zenovay-collector.mjs'), 'start'], {
    cwd: ROOT,
    env: { ...process.env, DATA_DIR: folder, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // Not `close`: the process of the engine may hold the pipe for a moment longer.
  const ended = new Promise((resolve) => child.on('exit', resolve))
  let isReady = false
  for await (const line of createInterface({ input: child.stdout }))
    if (line === 'ready') {
      isReady = true
      break
    }
  child.kill()
  await ended
  rmSync(folder, { recursive: true, force: true })
  return isReady
}
