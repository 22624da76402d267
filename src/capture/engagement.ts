import {
  collector,
  commands,
  COUNTED,
  ENDING,
  guard,
  HIDING,
  options,
  send,
  when,
  type Kind,
} from './core.js'
import { startEngagedClock } from './engaged-clock.js'
import { isShown, readScroll, readScrollSoon, resetScroll, scrollDepth, watchScroll } from './scroll-depth.js'

const MIN_REPORT_MS = 250
const REPORT_MS = 5 * 60_000
const HEARTBEAT_MS = 60_000
const READ_MS = 5_000
/** A page whose address has changed is counted within this time, unless it is not to be counted. */
const COUNTING_MS = 1_000
// Number of digits of the time at the beginning of an event ID.
const TIME_DIGITS = 13

/** Keeps the visitor live and the session alive, unless another tab has changed or deleted the visitor. */
const sendHeartbeat = (): void => {
  const { session_id, visitor_id, url } = options.page ?? {}
  if (url && commands.getVisitorId() === visitor_id)
    navigator.sendBeacon(
      collector.replace(/[^/]*$/, 'heartbeat/$&'),
      JSON.stringify({ session_id, visitor_id, url }),
    )
}

/**
 * Engaged time and scroll depth: `engagement` with `engaged_ms` since the last one, `scroll` (0 to 100, left out if unknown)
 * and `view`, the `event_id` of the pageview. It is sent when the page is hidden or left, when another is counted, and after
 * each five engaged minutes, and has the url, title and IDs of its pageview.
 */
export const engagement: Kind = () => {
  let engagedMs = 0
  let reportedMs = 0
  let reportedScroll = 0
  /** Engaged time since the address has changed. */
  let elsewhereMs = 0
  let isLastShown = true

  const report = (): void => {
    const { page } = options
    const engaged_ms = Math.round(engagedMs - reportedMs)
    const scroll = scrollDepth()
    if (
      page &&
      (engaged_ms >= MIN_REPORT_MS || scroll > reportedScroll) &&
      send(
        {
          event_type: 'engagement',
          properties: { engaged_ms, view: page.event_id!, ...(scroll && { scroll }) },
        },
        page,
      )
    ) {
      reportedMs += engaged_ms
      reportedScroll = scroll
    }
  }

  // This file is loaded after the page was counted, and a prerendered page is counted before it is shown.
  const [navigation] = performance.getEntriesByType('navigation') as {
    activationStart?: number
  }[]
  const startedAt = Math.max(
    navigation?.activationStart || 0,
    performance.now() - (Date.now() - Number(options.page?.event_id?.slice(0, TIME_DIGITS)) || 0),
  )
  const count = startEngagedClock(startedAt, (ms) => {
    const wasShown = isLastShown
    isLastShown = isShown()
    // The address has changed at some time since the last call.
    if (!wasShown && !isLastShown) {
      elsewhereMs += ms
      return
    }
    engagedMs += ms
    if (engagedMs % HEARTBEAT_MS < ms) sendHeartbeat()
    if (engagedMs - reportedMs >= REPORT_MS) report()
  })
  when(COUNTED, () => {
    engagedMs = reportedMs = reportedScroll = elsewhereMs = 0
    resetScroll()
  })
  when(ENDING, () => {
    count()
    if (elsewhereMs < COUNTING_MS) engagedMs += elsewhereMs
    report()
  })
  when(HIDING, () => {
    count()
    // A page that was opened in the background is not seen.
    if (engagedMs) readScroll()
    report()
  })
  watchScroll()
  // The page may grow without being scrolled.
  setInterval(guard(readScrollSoon), READ_MS)
}
