import { guard, listen } from './core.js'

const IDLE_MS = 60_000
const SAMPLE_MS = 5_000
/** A sample that is later than this comes after a sleep, and not from a timer that is some milliseconds late. */
const LATE_MS = 6_000
/** Playing media fires `timeupdate` at least four times a second. */
const MEDIA_MS = 500

// Changes of what is asked, and input. That a page is shown or focused is input, too: the visitor did it.
const EVENTS =
  'visibilitychange pagehide pageshow focus blur freeze resume pointerdown pointermove keydown wheel touchstart scroll timeupdate'

/**
 * Measures engaged time: `onTime` is given the milliseconds to add, at each change and input and every 5 s. Returns a
 * function that does so now.
 *
 * The clock runs while the page is visible and has the focus, and there was input within 60 s or its media plays. That a
 * page is opened, shown or focused counts as input, because the visitor did it. `startedAt` is the time, as
 * `performance.now()` gives it, since when the page has been as it is now.
 */
export const startEngagedClock = (startedAt: number, onTime: (ms: number) => void): (() => void) => {
  const isActive = () => !document.hidden && document.hasFocus()
  let isRunning = isActive()
  let countedTo = startedAt
  let activeUntil = startedAt + IDLE_MS

  const count = (isLeft?: boolean): void => {
    const now = performance.now()
    const isLate = now - countedTo > LATE_MS
    // However late a sample comes, it adds no more than its period: the computer may have slept.
    const end = Math.min(now, countedTo + SAMPLE_MS)
    const added = isRunning ? Math.min(end, activeUntil) - countedTo : 0
    countedTo = isRunning && !isLate ? end : now
    // A page in the back/forward cache may still be visible and have the focus.
    isRunning = !isLeft && isActive()
    if (added > 0) onTime(added)
  }

  EVENTS.split(' ').forEach((type) =>
    listen(type, () => {
      count(type === 'pagehide')
      const activeMs = type === 'timeupdate' ? MEDIA_MS : IDLE_MS
      activeUntil = Math.max(activeUntil, performance.now() + activeMs)
      // Focus in an iframe blurs the window, and only then is the document known to have the focus.
      if (type === 'blur') setTimeout(guard(count))
    }),
  )
  // Checks the focus again, because no event fires when it leaves an iframe.
  setInterval(guard(count), SAMPLE_MS)
  return count
}
