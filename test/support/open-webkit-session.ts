import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WebDriver } from 'selenium-webdriver'
import type { WebKitTools } from './find-browsers.mjs'
import { readDriverCookies } from './read-driver-cookies.js'
import type { BrowserSession, Tab } from './tab.js'

const DRIVER_START_MS = 20_000
const SESSION_START_MS = 20_000
const SESSION_TRIES = 3
// WebDriver's default of 30 s is too short for a function that runs for a second on a busy machine.
const SCRIPT_TIMEOUT_MS = 120_000

/**
 * A WebKitGTK browser behind classic WebDriver, with a temporary profile.
 *
 * WebKitWebDriver serves one session per process, and a session slows down after some hundred navigations:
 * every spec has its own driver.
 */
export async function openWebKitSession(tools: WebKitTools, display: string): Promise<BrowserSession> {
  // On a busy machine a browser never reported to its driver, in 2 of 230 specs.
  for (let tries = SESSION_TRIES; tries > 1; tries--) {
    const session = await startSession(tools, display).catch(() => undefined)
    if (session) return session
  }
  return startSession(tools, display)
}

async function startSession(tools: WebKitTools, display: string): Promise<BrowserSession> {
  const port = await findFreePort()
  const driverProcess = spawn(tools.driver, [`--port=${port}`, '--host=127.0.0.1'], {
    stdio: 'ignore',
    // Without LANG, navigator.language is "C".
    env: { ...process.env, DISPLAY: display, LANG: 'en_US.UTF-8' },
  })
  try {
    const connected = connect(`http://127.0.0.1:${port}`, driverProcess, tools.miniBrowser)
    const driver = await Promise.race([connected, sleep(SESSION_START_MS)])
    if (!driver) {
      // Killing the driver below ends it.
      connected.catch(() => {})
      throw new Error('MiniBrowser does not start')
    }
    await driver.manage().setTimeouts({ script: SCRIPT_TIMEOUT_MS })
    return {
      openTab: createTabOpener(driver, await driver.getWindowHandle()),
      cookies: () => readDriverCookies(driver),
      async quit() {
        // A crashed page has ended the session already.
        await driver.quit().catch(() => undefined)
        driverProcess.kill()
      },
    }
  } catch (error) {
    driverProcess.kill()
    throw error
  }
}

async function connect(
  address: string,
  driverProcess: ChildProcess,
  miniBrowser: string,
): Promise<WebDriver> {
  await waitUntilReady(address, driverProcess)
  const { Builder, Capabilities } = await import('selenium-webdriver')
  const capabilities = new Capabilities({
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': { binary: miniBrowser, args: ['--automation', '--geometry=1280x720'] },
  })
  return new Builder().usingServer(address).withCapabilities(capabilities).build()
}

/** `unused` is the window that the browser starts with; the first tab uses it. */
function createTabOpener(driver: WebDriver, unused: string | undefined): () => Promise<Tab> {
  let selected = unused

  const select = async (handle: string) => {
    if (selected !== handle) await driver.switchTo().window(handle)
    selected = handle
  }

  const openWindow = async () => {
    if (!selected) await select((await driver.getAllWindowHandles())[0]!)
    await driver.switchTo().newWindow('tab')
    selected = await driver.getWindowHandle()
    return selected
  }

  return async () => {
    const handle = unused ?? (await openWindow())
    unused = undefined
    return {
      async goto(url) {
        await select(handle)
        await driver.get(url)
        // On a busy machine, `get` returned before a page's modules had run, in one of 300 specs.
        await driver.wait(() =>
          driver.executeScript<boolean>(
            `return document.readyState === 'complete' && location.href !== 'about:blank'`,
          ),
        )
      },
      async evaluate<Result, Argument>(
        run: (argument: Argument) => Result | Promise<Result>,
        argument?: Argument,
      ): Promise<Result> {
        await select(handle)
        return evaluateIn<Result>(driver, String(run), argument)
      },
      async click(selector) {
        await select(handle)
        await driver.findElement({ css: selector }).click()
      },
      async pressEnter(selector) {
        await select(handle)
        const { Key } = await import('selenium-webdriver')
        await driver.findElement({ css: selector }).sendKeys(Key.ENTER)
      },
      async url() {
        await select(handle)
        return driver.getCurrentUrl()
      },
      async close() {
        // Closing the last window would end the session.
        if ((await driver.getAllWindowHandles()).length === 1) unused = await openWindow()
        await select(handle)
        await driver.close()
        selected = undefined
      },
    }
  }
}

async function evaluateIn<Result>(driver: WebDriver, run: string, argument: unknown): Promise<Result> {
  const outcome = await driver.executeAsyncScript<{ value?: Result; error?: string }>(
    `const [argument, done] = arguments
    Promise.resolve()
      .then(() => (${run})(argument))
      .then((value) => done({ value }), (error) => done({ error: String(error) + '\\n' + (error && error.stack) }))`,
    argument ?? null,
  )
  if (outcome.error !== undefined) throw new Error(outcome.error)
  return outcome.value as Result
}

async function waitUntilReady(address: string, driverProcess: ChildProcess): Promise<void> {
  const deadline = Date.now() + DRIVER_START_MS
  for (;;) {
    if (driverProcess.exitCode !== null)
      throw new Error(`WebKitWebDriver ended with exit code ${driverProcess.exitCode}`)
    const answer = await fetch(`${address}/status`).catch(() => undefined)
    if (answer?.ok) return
    if (Date.now() > deadline) throw new Error('WebKitWebDriver does not answer')
    await sleep(20)
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
