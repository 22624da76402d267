import { ARRIVALS } from './arrivals.js'
import { createRandom, type Random } from './create-random.js'
import { DAY_MS, HOUR_MS, NOW } from './golden-month.js'
import { HOSTILE_TEXTS } from './hostile-texts.js'
import { planEdgeVisits } from './plan-edge-visits.js'
import { planVisit } from './plan-visit.js'
import type { Client, PlannedVisit } from './visit-plan.js'

const VISITORS = 600
const MONTH_DAYS = 33
const OLDEST_DAYS = 400
const COUNTRIES = ['CH', 'DE', 'US', 'FR', 'GB', 'AT', 'IT', 'IN', 'BR', 'AU', 'JP', 'NG', '']
const BROWSERS = [
  'Chrome',
  'Safari',
  'Firefox',
  'Edge',
  'Samsung Internet',
  'Opera',
  ...HOSTILE_TEXTS.slice(0, 4),
]
const SYSTEMS = ['Windows', 'Android', 'iOS', 'macOS', 'Linux', 'ChromeOS', HOSTILE_TEXTS[4]]
const DEVICES = ['desktop', 'mobile', 'tablet', 'server']
const HOSTILE_IDS = [
  "visitor-it's-1",
  'visitor "2" \\',
  'visitor/../3',
  'visitor?a=4&b',
  'visitor#5 %2F',
  'visitor-🛒-6',
  "'; DROP TABLE events; --",
  '../../analytics',
  `visitor-${'x'.repeat(120)}`,
]

/** The visits of one month and some of the year before, oldest first; the same for the same seed. */
export function generateVisits(seed: number): PlannedVisit[] {
  const random = createRandom(seed)
  const visits: PlannedVisit[] = planEdgeVisits()
  for (let number = 0; number < VISITORS; number++) {
    const visitorId = HOSTILE_IDS[number] ?? `visitor-${number.toString().padStart(5, '0')}`
    const client = planClient(random)
    for (let count = 1; count === 1 || (count < 9 && random.chance(0.5)); count++) {
      const at = planStart(random)
      const delivery = at > NOW - MONTH_DAYS * DAY_MS && random.chance(0.12) ? 'http' : 'store'
      const frame = {
        sessionId: `session-${number}-${count}`,
        visitorId,
        at,
        client: random.chance(0.05) ? planClient(random) : client,
        arrival: random.pickEarly(ARRIVALS),
        delivery,
      } as const
      const visit = planVisit(random, frame)
      visits.push({ ...visit, events: visit.events.filter((event) => event.at <= NOW) })
    }
  }
  // Visits that would begin after the end are dropped.
  return visits
    .filter(({ events }) => events.length > 0)
    .toSorted((a, b) => a.events[0]!.at - b.events[0]!.at)
}

function planClient(random: Random): Client {
  return {
    country: random.pickEarly(COUNTRIES),
    device_type: random.pickEarly(DEVICES),
    browser: random.pickEarly(BROWSERS),
    os: random.pickEarly(SYSTEMS),
  }
}

function planStart(random: Random): number {
  const age = random.chance(0.12)
    ? random.whole(MONTH_DAYS * DAY_MS, OLDEST_DAYS * DAY_MS)
    : random.whole(0, MONTH_DAYS * DAY_MS)
  // Every fourth visit is near midnight in one of the zones.
  const at = NOW - age
  if (!random.chance(0.25)) return at
  const midnight = at - (at % DAY_MS) + random.pick([0, 22, 23, 13, 13.5]) * HOUR_MS
  return Math.min(midnight + random.whole(-HOUR_MS / 4, HOUR_MS / 4), NOW)
}
