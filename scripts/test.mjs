// npm test: installs, finds or installs browsers, builds, checks and runs every test. Ends with `N passed, N
// failed`.
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { ensureBrowsers } from './browsers.mjs'
import { ensureBuilt } from './build.mjs'
import { ensureInstalled } from './install.mjs'
import { readBrowserResults, readUnitResults } from './read-results.mjs'

const ROOT = join(import.meta.dirname, '..')
const RESULTS = join(ROOT, 'test-results')
const TSC = 'typescript/bin/tsc'
// The start of an error names the failure; the whole report of a page stands further up.
const MESSAGE_CHARACTERS = 800

/** Checks of the source: each one is a list of commands. They use one core each, so they run side by side. */
const CHECKS = {
  format: [['prettier/bin/prettier.cjs', '--check', '.']],
  types: [
    [TSC, '-p', 'test'],
    [TSC, '-p', 'collector/test'],
    [TSC, '-p', 'bench'],
  ],
  lint: [['eslint/bin/eslint.js', '.']],
}

/** Suites of tests, one after the other: each uses every core. */
const SUITES = {
  units: { command: ['vitest/vitest.mjs', 'run'], read: () => readUnitResults(join(RESULTS, 'vitest.json')) },
  browsers: {
    command: ['@playwright/test/cli.js', 'test'],
    read: () => readBrowserResults(join(RESULTS, 'playwright.json')),
  },
}

let [passed, failed] = [0, 0]
const failures = []
try {
  ensureInstalled()
  await ensureBrowsers()
  ensureBuilt()
  rmSync(RESULTS, { recursive: true, force: true })
  mkdirSync(RESULTS)
  await Promise.all(Object.entries(CHECKS).map(([name, commands]) => runCheck(name, commands)))
  for (const [name, suite] of Object.entries(SUITES)) await runSuite(name, suite)
} catch (error) {
  console.error(error.message)
  failed++
}
// Failures are repeated at the end, for readers of the last lines.
for (const { name, message } of failures)
  console.log(`\nFAILED ${name}\n${stripVTControlCharacters(message).slice(0, MESSAGE_CHARACTERS)}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

async function runCheck(name, commands) {
  const output = []
  let isOk = true
  for (const command of commands) isOk &&= await run(command, (text) => output.push(text))
  if (!isOk) console.log(output.join(''))
  count(name, { passed: isOk ? 1 : 0, failed: isOk ? 0 : 1, failures: [] })
}

async function runSuite(name, { command, read }) {
  const isOk = await run(command)
  const results = read()
  // A suite that ends badly without a failed test counts as one failure.
  count(name, { ...results, failed: Math.max(results.failed, isOk ? 0 : 1) })
}

function count(name, result) {
  console.log(`${name}: ${result.passed} passed, ${result.failed} failed`)
  passed += result.passed
  failed += result.failed
  failures.push(...result.failures)
}

/** Runs a tool from node_modules; resolves to whether it exited with 0. */
function run([entry, ...args], onOutput) {
  const child = spawn(process.execPath, [join(ROOT, 'node_modules', entry), ...args], {
    cwd: ROOT,
    stdio: ['ignore', onOutput ? 'pipe' : 'inherit', onOutput ? 'pipe' : 'inherit'],
    env: { ...process.env, CI: 'true' },
  })
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onOutput)
  return new Promise((resolve) => child.on('close', (code) => resolve(code === 0)))
}
