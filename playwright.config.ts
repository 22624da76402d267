import {
  defineConfig,
  type PlaywrightTestOptions,
  type PlaywrightWorkerOptions,
  type Project,
} from '@playwright/test'
import type { EngineOptions } from './test/support/browser-fixtures.js'
import {
  ENGINES,
  findBrowser,
  INSTALL_HINT,
  type Engine,
  type FoundBrowser,
} from './test/support/find-browsers.mjs'

type Options = PlaywrightWorkerOptions & EngineOptions
type EngineProject = Project<PlaywrightTestOptions, Options>

// The whole product is tested end to end in one engine; what differs between engines is tested in
// test/browser.
const END_TO_END = '**/e2e/**/*.spec.ts'

// The pages of Chromium's own address bar, two for each window, take more processor time than the page that
// is tested.
const OMNIBOX_FEATURES = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup']
// Of two such switches the last one counts: of Playwright's, these matter to a test.
const DISABLED_FEATURES = [
  ...OMNIBOX_FEATURES,
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'Translate',
]

const projects: EngineProject[] = []
const missing: Engine[] = []
for (const engine of ENGINES) {
  const found = await findBrowser(engine)
  if (found) projects.push(createProject(engine, found))
  else missing.push(engine)
}

if (missing.length > 0) {
  const message = `no browser for ${missing.join(', ')}: ${INSTALL_HINT}`
  if (process.env['CI']) throw new Error(message)
  // Every worker loads this file again.
  if (process.env['TEST_WORKER_INDEX'] === undefined) console.warn(message)
}

export default defineConfig<PlaywrightTestOptions, Options>({
  testDir: 'test',
  testMatch: ['**/browser/**/*.spec.ts', END_TO_END],
  // A machine that does other work beside may stand still for seconds: what a spec waits for, it waits for
  // long.
  timeout: 90_000,
  expect: { timeout: 30_000 },
  retries: 0,
  // More than a machine of two cores has: much of a spec is waiting.
  workers: 4,
  forbidOnly: Boolean(process.env['CI']),
  reporter: [
    ['list'],
    ['./test/support/skip-reporter.ts'],
    ['json', { outputFile: 'test-results/playwright.json' }],
  ],
  projects,
})

function createProject(engine: Engine, found: FoundBrowser): EngineProject {
  if (engine === 'chromium') return { name: engine, use: chromiumOptions(found) }
  if (engine === 'firefox') return { name: engine, testIgnore: END_TO_END, use: firefoxOptions(found) }
  return {
    name: engine,
    testIgnore: END_TO_END,
    use: { browserName: engine, webKitTools: found.webKitTools },
  }
}

function chromiumOptions({ bundled, path }: FoundBrowser): Partial<Options> {
  // Playwright turns the back/forward cache off; visitors have it on.
  const ignoreDefaultArgs = ['--disable-back-forward-cache']
  const features = `--disable-features=${DISABLED_FEATURES.join()}`
  // The headless shell, Playwright's default, is not the browser that visitors have.
  if (bundled)
    return {
      browserName: 'chromium',
      channel: 'chromium',
      launchOptions: { ignoreDefaultArgs, args: [features] },
    }
  return {
    browserName: 'chromium',
    launchOptions: {
      executablePath: path,
      ignoreDefaultArgs,
      args: ['--disable-gpu', '--disable-quic', features],
    },
  }
}

function firefoxOptions({ bundled, path }: FoundBrowser): Partial<Options> {
  if (bundled) return { browserName: 'firefox' }
  // An unpatched Firefox speaks WebDriver BiDi. Playwright 1.65 needs a newer one than ESR 153: its
  // newContext() fails with "emulation.setMediaFeaturesOverride: unknown command".
  return {
    browserName: 'firefox',
    channel: 'moz-firefox',
    // Each test opens windows, and a process ahead of need for each window takes a sixth of the processor time.
    launchOptions: { executablePath: path, firefoxUserPrefs: { 'dom.ipc.processPrelaunch.enabled': false } },
  }
}
