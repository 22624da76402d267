const MINUTE_MS = 60_000
// An event is stored a fraction of a second after it was received, in a rush some seconds.
const STORED_WITHIN_MS = 5_000
/** Older minutes that nobody judged, because the collector or its store was away, are left out. */
export const CATCH_UP_MINUTES = 120

/** The end of the last minute whose events are stored by now. */
export function lastWholeMinute(now: number): number {
  return Math.floor((now - STORED_WITHIN_MS) / MINUTE_MS) * MINUTE_MS
}

/**
 * The ends of the minutes that are to be judged now, in order. After a clock was set back its minutes are judged again: they are new ones, and an
 * alert that waited for the old time to come would miss them.
 */
export function dueMinutes(judgedTo: number, now: number): number[] {
  const last = lastWholeMinute(now)
  if (last === judgedTo) return []
  if (last < judgedTo) return [last]
  const first = Math.max(judgedTo + MINUTE_MS, last - (CATCH_UP_MINUTES - 1) * MINUTE_MS)
  return Array.from({ length: (last - first) / MINUTE_MS + 1 }, (_, index) => first + index * MINUTE_MS)
}
