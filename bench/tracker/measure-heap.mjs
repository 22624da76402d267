// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { openPage } from './open-page.mjs'

/** Longer than the time after which our tracker looks for events of earlier pages. */
const QUIET_AFTER_LOAD_MS = 4_000
// One collection leaves objects that a finalizer or a weak reference held.
const COLLECTIONS = 4

/**
 * Measures the JavaScript heap of a settled page after garbage collection, in bytes: `heap` of a page without
 * other scripts, and `shared` of a page whose own script has read an element. The first element that any
 * script reads costs the page the interfaces of elements, whoever reads it.
 */
export async function measureHeap(lab, _subject, url) {
  return { heap: await measurePage(lab, url), shared: await measurePage(lab, `${url}?elements`) }
}

const measurePage = (lab, url) =>
  openPage(lab, async (page, session) => {
    await page.goto(url, { waitUntil: 'load' })
    await sleep(QUIET_AFTER_LOAD_MS)
    for (let number = 0; number < COLLECTIONS; number++) await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    return usedSize
  })
