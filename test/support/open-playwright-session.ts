import type { Browser } from '@playwright/test'
import type { BrowserSession, Tab } from './tab.js'

/** A fresh context of a browser driven by Playwright. */
export async function openPlaywrightSession(browser: Browser): Promise<BrowserSession> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } })
  return {
    async openTab() {
      const page = await context.newPage()
      const tab: Tab = {
        async goto(url) {
          await page.goto(url)
        },
        evaluate: <Result, Argument>(
          run: (argument: Argument) => Result | Promise<Result>,
          argument?: Argument,
        ) => page.evaluate(run as (argument: unknown) => unknown, argument) as Promise<Result>,
        click: (selector) => page.click(selector, { noWaitAfter: true }),
        url: () => Promise.resolve(page.url()),
        async close() {
          // Without this, Playwright drops the page and no leaving event fires.
          await page.close({ runBeforeUnload: true })
          if (!page.isClosed()) await page.waitForEvent('close')
        },
      }
      if (browser.browserType().name() === 'chromium')
        tab.crash = async () => {
          const crashed = page.waitForEvent('crash')
          // Never resolves: the page that would answer is gone.
          page.goto('chrome://crash').catch(() => undefined)
          await crashed
          await page.close()
        }
      return tab
    },
    cookies: () => context.cookies(context.pages().at(-1)!.url()),
    setOffline: (offline) => context.setOffline(offline),
    quit: () => context.close(),
  }
}
