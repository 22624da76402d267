import type { Browser, Page } from '@playwright/test'
import type { BrowserSession, Tab } from './tab.js'

/** A fresh context of a browser driven by Playwright. */
export async function openPlaywrightSession(browser: Browser): Promise<BrowserSession> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } })
  return {
    async openTab() {
      const page = await context.newPage()
      const tab: Tab = {
        async goto(url) {
          await page.goto(url).catch(async (error: Error) => {
            if (!error.message.includes(`is interrupted by another navigation to "${url}"`)) throw error
            // While the page before is still loading, Firefox may give one navigation two ids.
            await page.waitForLoadState()
          })
        },
        evaluate: <Result, Argument>(
          run: (argument: Argument) => Result | Promise<Result>,
          argument?: Argument,
        ) => page.evaluate(run as (argument: unknown) => unknown, argument) as Promise<Result>,
        click: (selector, { button, key } = {}) =>
          page.click(selector, {
            noWaitAfter: true,
            ...(button && { button }),
            ...(key && { modifiers: [key] }),
          }),
        pressEnter: (selector) => page.press(selector, 'Enter', { noWaitAfter: true }),
        url: () => Promise.resolve(page.url()),
        async close() {
          // Without this, Playwright drops the page and no leaving event fires.
          await page.close({ runBeforeUnload: true })
          if (!page.isClosed()) await page.waitForEvent('close')
        },
      }
      if (browser.browserType().name() === 'chromium') {
        tab.crash = async () => {
          const crashed = page.waitForEvent('crash')
          // Never resolves: the page that would answer is gone.
          page.goto('chrome://crash').catch(() => undefined)
          await crashed
          await page.close()
        }
        Object.assign(tab, await freezing(page))
      }
      return tab
    },
    cookies: () => context.cookies(context.pages().at(-1)!.url()),
    setOffline: (offline) => context.setOffline(offline),
    quit: () => context.close(),
  }
}

/**
 * Freezes a page by the debugger, which stops scripts and timers but not the network. Chromium's own command
 * does nothing here, because a tab of a driven browser is never hidden.
 */
async function freezing(page: Page): Promise<Required<Pick<Tab, 'freeze' | 'thaw'>>> {
  const debuggerSession = await page.context().newCDPSession(page)
  return {
    async freeze() {
      await debuggerSession.send('Debugger.enable')
      await debuggerSession.send('Debugger.pause')
    },
    async thaw() {
      await debuggerSession.send('Debugger.resume').catch(() => undefined)
      await debuggerSession.send('Debugger.disable')
    },
  }
}
