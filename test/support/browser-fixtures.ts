import { test as base, expect, type Browser } from '@playwright/test'
import type { WebKitTools } from './find-browsers.mjs'
import { openPlaywrightSession } from './open-playwright-session.js'
import { openWebKitSession } from './open-webkit-session.js'
import type { RecordingCollector } from './recording-collector.js'
import { startRecordingServers, type RecordingServers } from './recording-servers.js'
import type { SiteServer } from './site-server.js'
import { startXvfb } from './start-xvfb.js'
import type { BrowserSession, Tab } from './tab.js'

export interface EngineOptions {
  /** Set when the system's WebKitGTK is driven instead of Playwright's own WebKit. */
  webKitTools: WebKitTools | undefined
}

interface WorkerFixtures extends EngineOptions {
  display: string
  playwrightBrowser: Browser | undefined
}

interface SpecFixtures {
  sampled: void
  /** Expected console messages and errors of a spec; any other fails it. */
  expectedMessages: RegExp | undefined
  servers: RecordingServers
  site: SiteServer
  collector: RecordingCollector
  session: BrowserSession
  openTabs: Tab[]
  openTab: () => Promise<Tab>
  tab: Tab
  unharmedPage: void
}

/** `npm run test:browser` with THOROUGH=1 skips nothing that takes long and rarely differs. */
export const isThorough = Boolean(process.env['THOROUGH'])

/** Why a spec is skipped in other engines than Chromium. */
export const SAME_IN_ALL_ENGINES =
  'not expected to differ between engines: tested in Chromium, and here with THOROUGH=1'

// The npm package and the script share their sources: these specs test how the package is built, loaded and called.
const ESM_SPECS =
  /\/(broken-pages|commands|cookieless|leaving|loading|many-events|navigation|pageview|two-sites|wire-size)\.spec\.ts$/
const ESM_SPECS_OF_ALL_ENGINES = /\/(leaving|pageview)\.spec\.ts$/
// These specs test what the tracker computes. All engines run the same code, and Chromium runs these specs.
const SPECS_OF_ONE_ENGINE =
  /\/(address-storms|backlog|bad-tag|broken-entries|capture-signals|capture-vitals|choices|commands|embedding|exclude|failing|foreign-answers|identify-refused|identity|late-titles|long-values|many-events|repeats|retry-after|silence|two-sites|wire-fixtures|wire-size)\.spec\.ts$/

/**
 * `test` for three engines: a tab, a site, and a collector that records requests.
 *
 * Every spec also fails on page errors and console messages, on unexpected requests, and on a repeated event
 * that is not marked as a retry.
 */
export const test = base.extend<SpecFixtures, WorkerFixtures>({
  webKitTools: [undefined, { option: true, scope: 'worker' }],

  display: [
    async ({ webKitTools }, use) => {
      if (!webKitTools) return use('')
      const display = await startXvfb(webKitTools.xvfb)
      await use(display.name)
      display.stop()
    },
    { scope: 'worker' },
  ],

  // Not the built-in `browser`, which would look for Playwright's own WebKit. The project's launch options
  // apply.
  playwrightBrowser: [
    async ({ playwright, browserName, webKitTools }, use) => {
      if (webKitTools) return use(undefined)
      const browser = await playwright[browserName].launch()
      await use(browser)
      await browser.close()
    },
    { scope: 'worker' },
  ],

  expectedMessages: [undefined, { option: true }],

  sampled: [
    async ({ browserName }, use, { skip, file, titlePath }) => {
      const isChromium = browserName === 'chromium'
      skip(!isThorough && !isChromium && SPECS_OF_ONE_ENGINE.test(file), SAME_IN_ALL_ENGINES)
      skip(
        !isThorough &&
          titlePath.some((title) => title.startsWith('esm')) &&
          !(isChromium ? ESM_SPECS : ESM_SPECS_OF_ALL_ENGINES).test(file),
        'the script, of the same sources, is tested in this engine, the npm package with THOROUGH=1',
      )
      await use()
    },
    { auto: true },
  ],

  // Playwright reads the fixtures that a function needs from its first parameter.
  servers: async ({}, use) => {
    const servers = await startRecordingServers()
    await use(servers)
    await servers.stop()
  },

  site: ({ servers }, use) => use(servers.site),

  collector: async ({ servers }, use, { errors }) => {
    await use(servers.collector)
    // Printed beside the failure in the report.
    if (errors.length > 0) throw new Error(`the collector got, last:\n${servers.collector.summarize()}`)
  },

  session: async ({ playwrightBrowser, webKitTools, display }, use) => {
    const session = playwrightBrowser
      ? await openPlaywrightSession(playwrightBrowser)
      : await openWebKitSession(webKitTools!, display)
    await use(session)
    await session.quit()
  },

  openTabs: async ({ session: _ }, use) => use([]),

  openTab: ({ session, openTabs }, use) =>
    use(async () => {
      const tab = await session.openTab()
      openTabs.push(tab)
      const { close, crash } = tab
      const forget = () => openTabs.splice(openTabs.indexOf(tab), 1)
      tab.close = () => (forget(), close())
      if (crash) tab.crash = () => (forget(), crash())
      return tab
    }),

  tab: async ({ openTab }, use) => use(await openTab()),

  unharmedPage: [
    async ({ site, collector, openTabs, expectedMessages }, use) => {
      await use()
      for (const tab of openTabs) await receiveReports(tab)
      const messages = site.messages.filter(({ text }) => !expectedMessages?.test(text))
      expect.soft(messages, 'what pages wrote to the console or threw').toEqual([])
      expect
        .soft([...site.unexpectedRequests, ...collector.unexpectedRequests()], 'unexpected requests')
        .toEqual([])
      expect
        .soft(findUnmarkedRepeats(collector), 'events that came again and were not marked as a retry')
        .toEqual([])
    },
    { auto: true },
  ],
})

export { expect }

/**
 * Waits until the messages of the tab's page have arrived. A page that is being left cannot be queried; then
 * the next one is.
 */
async function receiveReports(tab: Tab): Promise<void> {
  await expect(() => tab.evaluate(() => Promise.all(window.probeReports ?? []).then(() => undefined))).toPass(
    { timeout: 30_000 },
  )
}

/**
 * Browsers repeat a POST whose connection was reset by themselves; the tracker must not do so without a
 * mark.
 */
function findUnmarkedRepeats(collector: RecordingCollector): unknown[] {
  const firsts = collector
    .arrivals()
    .filter(({ event, request }) => !event.retry && request.outcome !== 'reset')
  const ids = firsts.map(({ event }) => event.event_id)
  return firsts.filter((_, index) => ids.indexOf(ids[index]) !== index).map(({ event }) => event)
}
