// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { openPage } from './open-page.mjs'
import { findMark, sumMainThread } from './sum-main-thread.mjs'
import { throttle, trace } from './trace.mjs'

const EVENTS = 1_000
/** Longer than the time after which our tracker looks for events of earlier pages. */
const QUIET_AFTER_LOAD_MS = 3_500

/**
 * Tracks a thousand events in one task of a loaded page, throttled, and records times and requests until two
 * seconds after that task.
 */
export const measureBurst = (lab, { track }, url) => {
  const measure = async (page, session) => {
    await throttle(session)
    await page.goto(url, { waitUntil: 'load' })
    await sleep(QUIET_AFTER_LOAD_MS)
    const { traceEvents, log } = await trace(lab, page, () => page.evaluate(createBurst(track)))
    return {
      ...sumMainThread(traceEvents, findMark(traceEvents, 'burst')),
      requests: log.length,
      arrived: log.reduce((sum, { events }) => sum + events, 0),
    }
  }
  // Some trackers leave a failed request as an unhandled rejection, and many requests of a burst fail.
  return openPage(lab, measure, true)
}

// The burst runs in a timer, because the trace does not show the script of an evaluation.
const createBurst = (track) => `new Promise((resolve, reject) =>
  setTimeout(() => {
    try {
      performance.mark('burst')
      for (let number = 0; number < ${EVENTS}; number++) ${track}
      setTimeout(resolve)
    } catch (error) {
      reject(error)
    }
  }))`
