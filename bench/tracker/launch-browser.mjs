// @ts-check
import { chromium } from '@playwright/test'
import { findBrowser, INSTALL_HINT } from '../../test/support/find-browsers.mjs'

/**
 * Starts Chromium as visitors have it: without signs of automation, and with every `.example` name resolved
 * to the benchmark's server.
 *
 * Some trackers reject local host names, automated browsers and headless ones. `navigator.webdriver` is
 * hidden by a flag, because a script in the page would be measured as well.
 */
export async function launchBrowser(port) {
  const found = await findBrowser('chromium')
  if (!found) throw new Error(`no browser for chromium: ${INSTALL_HINT}`)
  const args = [
    '--disable-gpu',
    '--disable-quic',
    '--disable-blink-features=AutomationControlled',
    `--host-resolver-rules=MAP *.example 127.0.0.1:${port}`,
    // Sites use https, and without it browsers hide crypto.randomUUID.
    '--unsafely-treat-insecure-origin-as-secure=http://site.example,http://collector.example',
  ]
  const browser = await chromium.launch(
    found.bundled ? { channel: 'chromium', args } : { executablePath: found.path, args },
  )
  const page = await browser.newPage()
  const userAgent = (await page.evaluate('navigator.userAgent')).replace('Headless', '')
  await page.close()
  return { browser, userAgent }
}
