// @ts-check
const CPU_THROTTLING_RATE = 4
const SETTLED_MS = 2_000
// Only what the sums need: each category costs the page time. The last one has `performance.mark`.
const CATEGORIES = ['toplevel', 'devtools.timeline', '__metadata', 'blink.user_timing']

/** Slows the page's CPU down. */
export const throttle = (session) =>
  session.send('Emulation.setCPUThrottlingRate', { rate: CPU_THROTTLING_RATE })

/**
 * Records what the page does until two seconds after `work`: the events of its trace, and its requests.
 *
 * Uses a trace, because `Performance.getMetrics` counts script only when it is entered by a call, and misses
 * promise reactions.
 */
export async function trace({ browser, takeLog }, page, work) {
  await browser.startTracing(page, { categories: CATEGORIES })
  // Drops requests sent by the previous page when it was closed.
  takeLog()
  await work()
  await page.waitForTimeout(SETTLED_MS)
  const log = takeLog()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString())
  return { traceEvents, log }
}
