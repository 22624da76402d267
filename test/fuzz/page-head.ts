/**
 * How many times faster than the clock on the wall the clock and the timers of the pages are. The requests keep
 * their speed.
 */
const PACE = 10
const SETTLED_MS = 150
const TITLE_WAITS = 7
const TITLE_WAIT_MS = 100

declare global {
  interface Window {
    fuzz: {
      /** Another value after each load of a page. */
      load: string
      /** Resolves when the tracker has counted the page, with or without a new title. */
      settle(isRetitled?: boolean): Promise<void>
      /** Resolves when the address has settled, and while its pageview waits for a title. */
      linger(): Promise<void>
      setTitle(title: string | undefined): void
      hide(): void
      show(): void
    }
  }
}

/**
 * A script before the tracker: makes time pass faster, reads how far the clock is ahead from a cookie, and has
 * what a program does inside the page.
 */
export function pageHead(startedAt: number): string {
  return `<script>(${start.toString()})(${JSON.stringify({
    startedAt,
    pace: PACE,
    settledMs: SETTLED_MS,
    titleWaits: TITLE_WAITS,
    titleWaitMs: TITLE_WAIT_MS,
  })})</script>`
}

interface Times {
  startedAt: number
  pace: number
  settledMs: number
  titleWaits: number
  titleWaitMs: number
}

function start({ startedAt, pace, settledMs, titleWaits, titleWaitMs }: Times): void {
  const setNativeTimeout = window.setTimeout
  const readClock = Date.now
  // A cookie, because all pages share it, and a program may clear the storage.
  const hoursAhead = () => Number(/clock=(-?\d+)/.exec(document.cookie)?.[1] ?? 0)
  Date.now = () => Math.round(startedAt + (readClock() - startedAt) * pace) + hoursAhead() * 3_600_000
  window.setTimeout = ((run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
    setNativeTimeout(run, ms / pace, ...args)) as typeof setTimeout

  // These timers end after those of the tracker that began before and are shorter, on a busy machine as well.
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  const notify = () => document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
  window.fuzz = {
    load: crypto.randomUUID(),
    async settle(isRetitled) {
      await wait(settledMs)
      for (let checks = isRetitled ? 0 : titleWaits; checks > 0; checks--) await wait(titleWaitMs)
    },
    linger: () => wait(settledMs),
    setTitle(title) {
      if (title !== undefined) document.title = title
    },
    // A tab of a driven browser is never hidden.
    hide() {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' })
      notify()
    },
    show() {
      delete (document as { hidden?: boolean }).hidden
      delete (document as { visibilityState?: string }).visibilityState
      notify()
    },
  }
}
