// @ts-check
// npm run fuzz:tracker [-- --programs 300] [--minutes 60] [--seed N] [--browser firefox]: runs random programs of
// test/fuzz against the tracker. Prints their seeds, and each program that fails; --seed N runs one again, or
// the programs from N on.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBuilt } from './build.mjs'

const ROOT = join(import.meta.dirname, '..')
// A browser that runs for an hour slows down: each batch starts new ones.
const BATCH = 60
const MAX_FIRST_SEED = 1e9
const MINUTE_MS = 60_000

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    programs: { type: 'string' },
    minutes: { type: 'string' },
    workers: { type: 'string', default: '2' },
    browser: { type: 'string', default: 'chromium' },
  },
})
const first = Number(values.seed ?? Math.floor(Math.random() * MAX_FIRST_SEED))
const programs = Number(values.programs ?? (values.minutes ? Infinity : values.seed ? 1 : 300))
const end = values.minutes ? Date.now() + Number(values.minutes) * MINUTE_MS : Infinity

ensureBuilt()
const start = Date.now()
let done = 0
let failed = 0
while (done < programs && Date.now() < end) {
  const count = Math.min(BATCH, programs - done)
  const isOk = await runBatch(first + done, count)
  const minutes = ((Date.now() - start) / MINUTE_MS).toFixed(1)
  console.log(
    `seeds ${first + done} to ${first + done + count - 1}: ${isOk ? 'passed' : 'FAILED'}, ${minutes} min`,
  )
  done += count
  if (!isOk) failed++
}
console.log(
  `${done} programs, ${failed === 0 ? 'all passed' : `failures in ${failed} batches, printed above`}`,
)
process.exitCode = failed > 0 ? 1 : 0

/**
 * Runs the programs of consecutive seeds; resolves to whether all passed.
 *
 * @param {number} seed
 * @param {number} count
 * @returns {Promise<boolean>}
 */
function runBatch(seed, count) {
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'node_modules/@playwright/test/cli.js'),
      ...['test', 'browser/fuzz.spec.ts', '--reporter', 'dot', '--output', 'test-results/fuzz'],
      ...['--project', values.browser, '--workers', values.workers],
    ],
    {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, FUZZ_FIRST_SEED: String(seed), FUZZ_PROGRAMS: String(count) },
    },
  )
  return new Promise((resolve) => child.on('close', (code) => resolve(code === 0)))
}
