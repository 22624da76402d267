// npm test: installs, finds or installs browsers, builds, checks and runs every test. Ends with `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBrowsers } from './browsers.mjs'
import { ensureBuilt } from './build.mjs'
import { ensureInstalled } from './install.mjs'

const ROOT = join(import.meta.dirname, '..')
const RESULTS = join(ROOT, 'test-results')

const run = (entry, ...args) => spawnSync(process.execPath, [join(ROOT, 'node_modules', entry), ...args], { cwd: ROOT, stdio: 'inherit', env: { ...process.env, CI: 'true' } }).status === 0
const readResults = (file) => JSON.parse(readFileSync(join(RESULTS, file), 'utf8'))

// Each suite says how many passed and failed; one that ends badly without a failed test counts as one.
const SUITES = {
  types: () => (run('typescript/bin/tsc', '-p', 'test') && run('typescript/bin/tsc', '-p', 'collector/test') ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }),
  lint: () => (run('eslint/bin/eslint.js', '.') ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }),
  units() {
    const ok = run('vitest/vitest.mjs', 'run')
    const { numPassedTests, numFailedTests } = readResults('vitest.json')
    return { passed: numPassedTests, failed: Math.max(numFailedTests, ok ? 0 : 1) }
  },
  browsers() {
    const ok = run('@playwright/test/cli.js', 'test')
    const { expected, unexpected, flaky } = readResults('playwright.json').stats
    return { passed: expected, failed: Math.max(unexpected + flaky, ok ? 0 : 1) }
  },
}

let [passed, failed] = [0, 0]
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
  }
} catch (error) {
  console.error(error.message)
  failed++
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
