import { splitVisits } from '../support/split-visits.js'
import { ARRIVALS, DIRECT } from './arrivals.js'
import { createRandom, type Random } from './create-random.js'
import { DAY_MS, HOUR_MS, MINUTE_MS, NOW } from './golden-month.js'
import { createVisitBuilder, type VisitBuilder } from './plan-visit.js'
import type { PlannedEvent, PlannedVisit } from './visit-plan.js'

/** Length of the plan, which ends with the golden month. */
export const PLANNED_DAYS = 12
const FIRST = NOW - PLANNED_DAYS * DAY_MS
// An event may wait for 7 days before it is sent.
const LONGEST_SENT_MS = 6 * DAY_MS
const VISITORS = 500
const SENDERS = 60
const SESSION_TIMEOUT_MS = 30 * MINUTE_MS

const PATHS = ['/', '/pricing', '/shop', '/docs/install', "/it's"]
const CLIENTS = ['CH', 'DE', 'US', ''].map((country, index) => ({
  country,
  device_type: index % 2 === 0 ? 'desktop' : 'mobile',
  browser: ['Firefox', 'Chrome', 'Safari'][index % 3]!,
  os: 'Linux',
}))

/**
 * Random sessions with at least `count` visits, as servers and browsers produce them: pauses around half an hour
 * and around a day, to the millisecond, and events around midnight. The same for the same seed.
 */
export function planSessions(seed: number, count: number): PlannedVisit[] {
  const random = createRandom(seed)
  const reading = createRandom(seed + 1)
  const sessions: PlannedVisit[] = []
  for (let number = 0, visits = 0; visits < count; number++) {
    const delivery = random.chance(0.15) ? 'http' : 'store'
    const ids = { sessionId: `session-${number}`, visitorId: `visitor-${random.whole(1000, 999 + VISITORS)}` }
    const events = planEvents(random, {
      ...ids,
      at: random.whole(FIRST, NOW),
      pause: () => pickPause(random),
    }).filter(({ at }, _, all) => at <= NOW && (delivery === 'store' || at - all[0]!.at < LONGEST_SENT_MS))
    if (delivery === 'store') addEngagement(reading, events)
    sessions.push({ ...ids, delivery, events })
    visits += splitIntoVisits(sessions.at(-1)!).length
  }
  return sessions
}

/** The visits of a session, as docs/metrics.md defines them. */
export function splitIntoVisits(session: PlannedVisit): PlannedVisit[] {
  return splitVisits(session.events, ({ at }) => at).map((events) => ({ ...session, events }))
}

/**
 * The events of cookieless visitors on the last day, each with a network address of its own. A pause of over 30
 * minutes begins another session.
 */
export function planCookieless(seed: number): { visitorId: string; sessions: PlannedVisit[] }[] {
  const random = createRandom(seed)
  const midnight = NOW - (NOW % DAY_MS)
  return Array.from({ length: SENDERS }, (_, number) => {
    const visitorId = `cookieless-${number}`
    const pause = () =>
      random.chance(0.4) ? SESSION_TIMEOUT_MS + random.pick([-1, 1, HOUR_MS]) : random.whole(1, 5 * MINUTE_MS)
    const events = planEvents(random, {
      sessionId: visitorId,
      visitorId,
      at: random.whole(midnight, NOW - HOUR_MS),
      pause,
    }).filter(({ at }) => at <= NOW)
    const sessions: PlannedEvent[][] = []
    for (const event of events) {
      const last = sessions.at(-1)
      if (last && event.at - last.at(-1)!.at <= SESSION_TIMEOUT_MS) last.push(event)
      else sessions.push([event])
    }
    return {
      visitorId,
      sessions: sessions.map((part, index) => ({
        visitorId,
        sessionId: `${visitorId}-${index}`,
        delivery: 'http' as const,
        events: part,
      })),
    }
  })
}

/**
 * Plans how half of the pageviews are read: until the next event or midnight at most, the last one of the session also
 * beyond midnight.
 */
function addEngagement(random: Random, events: PlannedEvent[]): void {
  for (const [index, event] of events.entries()) {
    if (event.type !== 'pageview' || random.chance(0.5)) continue
    const next = events[index + 1]?.at
    const midnight = event.at - (event.at % DAY_MS) + DAY_MS
    const latest = next === undefined ? NOW : Math.min(next, midnight - 1)
    const openMs = Math.min(latest - event.at, random.whole(1, 20 * MINUTE_MS))
    const scroll = random.whole(0, 100)
    event.engagement = { at: event.at + openMs, engagedMs: random.whole(0, openMs), scroll }
  }
}

interface Frame {
  sessionId: string
  visitorId: string
  at: number
  /** Returns the time until the next event, in ms. */
  pause(): number
}

function planEvents(random: Random, { pause, ...frame }: Frame): PlannedEvent[] {
  const visit = createVisitBuilder({
    ...frame,
    client: random.pickEarly(CLIENTS),
    arrival: random.pickEarly(ARRIVALS),
    delivery: 'store',
  })
  const length = random.whole(1, 7)
  for (let number = 0; number < length; number++) {
    if (number > 0) {
      visit.wait(pause())
      visit.turnTo(random.pickEarly(PATHS), DIRECT)
    }
    addEvent(random, visit)
  }
  return visit.events
}

function addEvent(random: Random, visit: VisitBuilder): void {
  const isInteractive = random.chance(0.6)
  if (random.chance(0.6)) return visit.add('pageview')
  switch (random.pick(['custom', 'goal', 'revenue', 'identify', 'error', 'engagement'] as const)) {
    case 'custom':
      return visit.add('custom', {
        name: 'signup',
        properties: { plan: random.pick(['pro', 'free']) },
        isInteractive,
      })
    case 'goal':
      return visit.add('goal', { name: 'order', isInteractive })
    case 'revenue':
      return visit.add('revenue', {
        properties: { amount: random.whole(1, 9999) / 100, currency: random.pick(['CHF', 'EUR']) },
        isInteractive,
      })
    case 'identify':
      return visit.add('identify', { isInteractive })
    case 'error': {
      const errorKind = random.whole(1, 3)
      const type = ['TypeError', 'RangeError', 'SyntaxError'][errorKind - 1]!
      return visit.add('error', {
        errorKind,
        properties: { message: `failed at ${random.whole(1, 99)}`, type },
      })
    }
    case 'engagement':
      return visit.add('engagement')
  }
}

/** Most pauses are short; the others are at the edges at which sessions, visits and days end. */
function pickPause(random: Random): number {
  if (random.chance(0.6)) return random.whole(1, 5 * MINUTE_MS)
  if (random.chance(0.4)) return SESSION_TIMEOUT_MS + random.whole(-1, 1)
  if (random.chance(0.5)) return DAY_MS + random.whole(-1, 1)
  return random.pick([5, 12, 18, 23, 25, 30, 50, 80]) * HOUR_MS + random.whole(0, MINUTE_MS)
}
