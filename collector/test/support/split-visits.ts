const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Splits the events of a session into visits, as docs/metrics.md defines them: a pause of over 24 hours begins
 * another visit, a visit may continue on the next UTC day, and after that each further UTC day of the session is
 * a visit of its own. The events are ordered by time.
 */
export function splitVisits<Event>(events: readonly Event[], timeOf: (event: Event) => number): Event[][] {
  const visits: Event[][] = []
  let before: number | undefined
  /** The number of UTC days, up to the current one, without a pause of over 24 hours between them. */
  let days = 0
  for (const event of events) {
    const at = timeOf(event)
    const isPaused = before === undefined || at - before > DAY_MS
    const isNextDay = before !== undefined && Math.floor(at / DAY_MS) !== Math.floor(before / DAY_MS)
    days = isPaused ? 1 : isNextDay ? days + 1 : days
    if (isPaused || (isNextDay && days > 2)) visits.push([])
    visits.at(-1)!.push(event)
    before = at
  }
  return visits
}
