// @ts-check
import { openPage } from './open-page.mjs'
import { findPage, sumMainThread } from './sum-main-thread.mjs'
import { throttle, trace } from './trace.mjs'

/**
 * Loads a page in a fresh context, throttled, and records times and requests until two seconds after load.
 */
export const measureLoad = (lab, _subject, url) =>
  openPage(lab, async (page, session) => {
    await throttle(session)
    const { traceEvents, log } = await trace(lab, page, () => page.goto(url, { waitUntil: 'load' }))
    return { ...sumMainThread(traceEvents, findPage(traceEvents, url)), requests: log.length }
  })
