import { ARRIVALS, DIRECT } from './arrivals.js'
import { DAY_MS, HOUR_MS, MINUTE_MS, NOW, TIME_ZONES } from './golden-month.js'
import { createVisitBuilder } from './plan-visit.js'
import type { Client, PlannedVisit } from './visit-plan.js'
import { addDays, dateIn, startOfDate } from './zone-days.js'

const CLIENT: Client = { country: 'CH', device_type: 'desktop', browser: 'Firefox', os: 'Linux' }
// Dates whose start a wrong clock could miss: both clock changes, the days after them, and the first days of
// the ranges.
const CHANGE_DATES = ['2024-10-06', '2024-10-07', '2024-10-27', '2024-10-28']
const RANGE_DAYS = [0, -6, -29, -89, -364, -7, -13, -59]

/**
 * Visits at the edges of days and ranges of every zone, to the millisecond; over midnight, over clock
 * changes, and longer than a day.
 */
export function planEdgeVisits(): PlannedVisit[] {
  const visits = new Map<number, PlannedVisit>()
  const add = (at: number, pauses: number[]) => {
    if (at <= NOW && !visits.has(at)) visits.set(at, planPages(`edge-${visits.size}`, at, pauses))
  }
  for (const zone of TIME_ZONES) {
    const today = dateIn(zone, NOW)
    for (const date of [...CHANGE_DATES, ...RANGE_DAYS.map((days) => addDays(today, days))]) {
      const midnight = startOfDate(zone, date)
      for (const offset of [-1, 0, 1]) add(midnight + offset, [])
      add(midnight - 10 * MINUTE_MS, [9 * MINUTE_MS, MINUTE_MS, MINUTE_MS])
    }
  }
  for (const from of [NOW - DAY_MS, NOW - 2 * DAY_MS])
    for (const offset of [-1, 0, 1]) add(from + offset, [5000])
  add(NOW, [])
  add(NOW - 10 * MINUTE_MS, [10 * MINUTE_MS])
  // A screen in a shop: 30 hours, a page every 20 minutes, until after the end of many periods.
  for (const start of [-20, -9, -2.5])
    add(
      NOW + start * DAY_MS,
      Array.from({ length: 90 }, () => 20 * MINUTE_MS),
    )
  return [...visits.values()]
}

function planPages(name: string, at: number, pauses: number[]): PlannedVisit {
  const ids = { sessionId: `session-${name}`, visitorId: `visitor-${name}` }
  const visit = createVisitBuilder({
    ...ids,
    at,
    client: CLIENT,
    arrival: ARRIVALS[at % ARRIVALS.length]!,
    delivery: 'store',
  })
  visit.add('pageview')
  for (const [index, pause] of pauses.entries()) {
    visit.wait(pause)
    visit.turnTo(`/edge/${index % 3}`, DIRECT)
    visit.add('pageview')
    if (pause > HOUR_MS / 4) visit.wait(1)
    if (pause > HOUR_MS / 4)
      visit.add(index % 4 === 0 ? 'goal' : 'custom', { name: 'still here', properties: { index: index % 5 } })
  }
  return { ...ids, delivery: 'store', events: visit.events.filter((event) => event.at <= NOW) }
}
