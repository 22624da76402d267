// npm start: installs, builds, and runs collector, demo and dashboard. Needs nothing but Node and npm.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureBuilt } from './build.mjs'
import { ensureInstalled } from './install.mjs'

const DEMO = join(import.meta.dirname, '../demo/dist/start.js')
const PARENT_CHECK_MS = 1_000

try {
  ensureInstalled()
  ensureBuilt()
  // A larger young generation: requests that wait for their commit would be copied again and again.
  // The channel closes however this process ends, and the collector then stops.
  const child = spawn(process.execPath, ['--max-semi-space-size=64', DEMO], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  // npm does not pass on every signal that ends it.
  const parent = process.ppid
  setInterval(() => process.ppid === parent || child.kill('SIGTERM'), PARENT_CHECK_MS).unref()
  child.on('exit', (code) => (process.exitCode = code ?? 1))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
