// npm test: installs, finds or installs browsers, builds, checks and runs every test. Ends with `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { ensureBrowsers } from './browsers.mjs'
import { ensureBuilt } from './build.mjs'
import { ensureInstalled } from './install.mjs'
import { readBrowserResults, readUnitResults } from './read-results.mjs'

const ROOT = join(import.meta.dirname, '..')
const RESULTS = join(ROOT, 'test-results')

const run = (entry, ...args) =>
  spawnSync(process.execPath, [join(ROOT, 'node_modules', entry), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, CI: 'true' },
  }).status === 0
const passIf = (ok) => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, failures: [] })

// Each suite says how many passed and failed; one that ends badly without a failed test counts as one.
const SUITES = {
  types: () =>
    passIf(run('typescript/bin/tsc', '-p', 'test') && run('typescript/bin/tsc', '-p', 'collector/test')),
  format: () => passIf(run('prettier/bin/prettier.cjs', '--check', '.')),
  lint: () => passIf(run('eslint/bin/eslint.js', '.')),
  units() {
    const ok = run('vitest/vitest.mjs', 'run')
    const results = readUnitResults(join(RESULTS, 'vitest.json'))
    return { ...results, failed: Math.max(results.failed, ok ? 0 : 1) }
  },
  browsers() {
    const ok = run('@playwright/test/cli.js', 'test')
    const results = readBrowserResults(join(RESULTS, 'playwright.json'))
    return { ...results, failed: Math.max(results.failed, ok ? 0 : 1) }
  },
}

// The start of an error says what failed; a page's whole report stands further up.
const MESSAGE_CHARACTERS = 800

let [passed, failed] = [0, 0]
const failures = []
try {
  ensureInstalled()
  await ensureBrowsers()
  ensureBuilt()
  rmSync(RESULTS, { recursive: true, force: true })
  mkdirSync(RESULTS)
  for (const [name, suite] of Object.entries(SUITES)) {
    const result = suite()
    console.log(`${name}: ${result.passed} passed, ${result.failed} failed`)
    passed += result.passed
    failed += result.failed
    failures.push(...result.failures)
  }
} catch (error) {
  console.error(error.message)
  failed++
}
// Again, at the end: who sees the last lines of a run only, sees them.
for (const { name, message } of failures)
  console.log(`\nFAILED ${name}\n${stripVTControlCharacters(message).slice(0, MESSAGE_CHARACTERS)}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
