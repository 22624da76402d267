import type { WebDriver } from 'selenium-webdriver'
import type { ChromiumTools } from './find-browsers.mjs'
import { readDriverCookies } from './read-driver-cookies.js'
import type { BrowserSession, Tab } from './tab.js'

/**
 * A Chromium behind WebDriver, which prerenders as for visitors; Playwright cancels prerendering. It has one
 * tab.
 */
export async function openChromedriverSession({
  driver: driverPath,
  chromium,
}: ChromiumTools): Promise<BrowserSession> {
  const { Builder } = await import('selenium-webdriver')
  const { Options, ServiceBuilder } = await import('selenium-webdriver/chrome.js')
  const options = new Options()
  options.setChromeBinaryPath(chromium)
  // The flags that Playwright uses.
  options.addArguments(
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  )
  const driver = await new Builder()
    .forBrowser('chrome')
    .setChromeOptions(options)
    .setChromeService(new ServiceBuilder(driverPath))
    .build()
  return {
    openTab: () => Promise.resolve(createTab(driver)),
    cookies: () => readDriverCookies(driver),
    quit: () => driver.quit(),
  }
}

function createTab(driver: WebDriver): Tab {
  return {
    goto: (url) => driver.get(url),
    async evaluate<Result, Argument>(
      run: (argument: Argument) => Result | Promise<Result>,
      argument?: Argument,
    ): Promise<Result> {
      return driver.executeScript<Result>(`return (${String(run)})(arguments[0])`, argument ?? null)
    },
    click: (selector) => driver.findElement({ css: selector }).click(),
    pressEnter: async (selector) => {
      const { Key } = await import('selenium-webdriver')
      await driver.findElement({ css: selector }).sendKeys(Key.ENTER)
    },
    url: () => driver.getCurrentUrl(),
    close: () => driver.close(),
  }
}
