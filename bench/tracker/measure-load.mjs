import { setTimeout as sleep } from 'node:timers/promises'
import { sumMainThread } from './sum-main-thread.mjs'

const CPU_THROTTLING_RATE = 4
const SETTLED_AFTER_LOAD_MS = 2_000
// No more than the sums need: each category costs the page time of its own.
const CATEGORIES = ['toplevel', 'devtools.timeline', '__metadata']

/**
 * Loads a page in a fresh context, throttled, and takes times and requests until two seconds after load.
 *
 * From a trace: `Performance.getMetrics` knows script only where it enters by a call, so it misses what promises run.
 */
export async function measureLoad({ browser, userAgent, url, takeLog }) {
  const context = await browser.newContext({ userAgent })
  try {
    const page = await context.newPage()
    const errors = []
    page.on('pageerror', (error) => errors.push(error))
    const session = await context.newCDPSession(page)
    await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_THROTTLING_RATE })
    await browser.startTracing(page, { categories: CATEGORIES })
    // What the page before sent when it was closed is not this one's.
    takeLog()
    await page.goto(url, { waitUntil: 'load' })
    await sleep(SETTLED_AFTER_LOAD_MS)
    const log = takeLog()
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString())
    if (errors.length > 0) throw errors[0]
    return { ...sumMainThread(traceEvents, url), log }
  } finally {
    await context.close()
  }
}
