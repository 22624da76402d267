import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * @typedef {'chromium' | 'firefox' | 'webkit'} Engine
 * @typedef {{ driver: string, miniBrowser: string, xvfb: string }} WebKitTools
 *   The parts that drive WebKitGTK: its WebDriver, its test browser, and a display for it.
 * @typedef {{ driver: string, chromium: string }} ChromiumTools
 *   A Chromium and the WebDriver of its version.
 * @typedef {{ path: string, bundled: boolean, webKitTools?: WebKitTools }} FoundBrowser
 */

/** @type {readonly Engine[]} */
export const ENGINES = ['chromium', 'firefox', 'webkit']

/** What a Debian machine needs; chromium-driver is for specs that Playwright cannot drive (prerendering). */
export const DEBIAN_PACKAGES = ['chromium', 'chromium-driver', 'firefox-esr', 'webkit2gtk-driver', 'xvfb']

export const INSTALL_HINT = `run "npx playwright install", or on Debian "apt-get install ${DEBIAN_PACKAGES.join(' ')}"`

/**
 * Finds a browser of an engine: the one that `npx playwright install` downloaded, else the system's.
 *
 * `CHROMIUM_BIN`, `FIREFOX_BIN` and `WEBKIT_DRIVER` name a system browser in an unusual place;
 * `SYSTEM_BROWSERS=1` skips Playwright's downloads.
 *
 * @param {Engine} engine
 * @returns {Promise<FoundBrowser | undefined>}
 */
export async function findBrowser(engine) {
  const bundled = await findBundled(engine)
  if (bundled) return { path: bundled, bundled: true }
  if (engine === 'webkit') {
    const webKitTools = findWebKitTools()
    return webKitTools && { path: webKitTools.driver, bundled: false, webKitTools }
  }
  const path = engine === 'chromium' ? findChromium() : findFirefox()
  return path ? { path, bundled: false } : undefined
}

/**
 * Finds what drives Chromium without Playwright, which cancels prerendering: the system's, as a driver fits
 * only its own version.
 *
 * @returns {ChromiumTools | undefined}
 */
export function findChromiumTools() {
  const driver = firstExisting([process.env['CHROMEDRIVER'], '/usr/bin/chromedriver'])
  const chromium = findChromium()
  return driver && chromium ? { driver, chromium } : undefined
}

/** @param {Engine} engine */
async function findBundled(engine) {
  if (process.env['SYSTEM_BROWSERS'] === '1') return undefined
  // Missing before `npm install`; a system browser may still be there.
  const playwright = await import('@playwright/test').catch(() => undefined)
  const path = playwright?.[engine].executablePath()
  return path && existsSync(path) ? path : undefined
}

function findChromium() {
  return firstExisting([
    process.env['CHROMIUM_BIN'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ])
}

function findFirefox() {
  return firstExisting([
    process.env['FIREFOX_BIN'],
    '/usr/bin/firefox-esr',
    '/usr/bin/firefox',
    '/Applications/Firefox.app/Contents/MacOS/firefox',
  ])
}

/** @returns {WebKitTools | undefined} */
function findWebKitTools() {
  const driver = firstExisting([process.env['WEBKIT_DRIVER'], '/usr/bin/WebKitWebDriver'])
  const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/libexec']
  const miniBrowser = firstExisting(
    folders.flatMap((folder) => [
      `${folder}/webkit2gtk-4.1/MiniBrowser`,
      `${folder}/webkitgtk-6.0/MiniBrowser`,
    ]),
  )
  const xvfb = firstExisting(
    (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'Xvfb')),
  )
  return driver && miniBrowser && xvfb ? { driver, miniBrowser, xvfb } : undefined
}

/** @param {(string | undefined)[]} paths */
function firstExisting(paths) {
  return paths.find((path) => path && existsSync(path))
}
