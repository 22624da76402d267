import { setTimeout as sleep } from 'node:timers/promises'
import type { IngestEvent } from '../../src/contract/wire.js'
import type { RecordingCollector } from './recording-collector.js'
import type { Tab } from './tab.js'

/** What the browser says of a page, as far as a spec decides it. */
export interface PageState {
  hidden: boolean
  focus: boolean
}

declare global {
  interface Window {
    pageState: PageState
    change: (next: Partial<PageState>, type: string) => number
    passTime: (ms: number) => void
    fallAsleep: (ms: number) => void
  }
}

/**
 * Before the tracker: the spec decides whether the page is visible and has the focus, which no driver can in every engine,
 * and when time passes. The time is the same on the next page of the tab.
 */
export const PUPPET = `<script>(${puppet.toString()})()</script>`

function puppet(): void {
  const STEP_MS = 100
  const [now, today, setTimer] = [performance.now.bind(performance), Date.now, setInterval]
  const timers: { run: () => void; ms: number; dueAt: number }[] = []
  let aheadMs = Number(window.name)
  const state = { hidden: location.search === '?background', focus: true }

  performance.now = () => now() + aheadMs
  Date.now = () => today() + aheadMs
  window.setInterval = ((run: () => void, ms: number) => {
    timers.push({ run, ms, dueAt: performance.now() + ms })
    return setTimer(run, ms)
  }) as typeof setInterval
  Object.defineProperty(document, 'hidden', { get: () => state.hidden })
  document.hasFocus = () => state.focus

  const addTime = (ms: number) => (window.name = `${(aheadMs += ms)}`)
  window.pageState = state
  // Returns the time in the page.
  window.change = (next, type) => {
    Object.assign(state, next)
    ;(type === 'visibilitychange' ? document : window).dispatchEvent(new Event(type))
    return Date.now()
  }
  // Timers that repeat are called as if the time had passed.
  window.passTime = (ms) => {
    for (let left = ms; left > 0; left -= STEP_MS) {
      addTime(STEP_MS)
      for (const timer of timers)
        if (timer.dueAt <= performance.now()) {
          timer.dueAt += timer.ms
          timer.run()
        }
    }
  }
  // No timer is called.
  window.fallAsleep = addTime
}

/** Changes what the browser says of the page and dispatches the event of the change; returns the time in the page. */
export const change = (tab: Tab, next: Partial<PageState>, type: string): Promise<number> =>
  tab.evaluate(([next, type]) => window.change(next, type), [next, type] as const)

/** Waits until the file of capture has run. */
export async function untilCaptured(collector: RecordingCollector, pages = 1): Promise<void> {
  await collector.until(() => collector.requests.filter(({ path }) => path === '/capture.js').length >= pages)
  await sleep(500)
}

export const engagements = (collector: RecordingCollector): IngestEvent[] =>
  collector.events().filter(({ event_type }) => event_type === 'engagement')

export const engagedMs = (collector: RecordingCollector): number =>
  engagements(collector).reduce((sum, { properties }) => sum + Number(properties!['engaged_ms']), 0)

/** When an event was created, by its ID. */
export const createdAt = ({ event_id }: IngestEvent): number => Number(event_id!.slice(0, 13))
