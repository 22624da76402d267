// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { sumMainThread } from './sum-main-thread.mjs'

const CPU_THROTTLING_RATE = 4
const SETTLED_AFTER_LOAD_MS = 2_000
// Only what the sums need: each category costs the page time.
const CATEGORIES = ['toplevel', 'devtools.timeline', '__metadata']

/**
 * Loads a page in a fresh context, throttled, and records times and requests until two seconds after load.
 *
 * Uses a trace, because `Performance.getMetrics` counts script only when it is entered by a call, and misses
 * promise reactions.
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
    // Drops requests sent by the previous page when it was closed.
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
