import type { ValueParts, VisitorRow } from '../../src/reports/report-store.js'
import { durationOf } from './true-figures.js'
import { compareBytes, groupBy, sum } from './true-sums.js'
import type { PlannedVisit } from './visit-plan.js'

const SOURCE_POINTS: Record<string, number> = {
  'paid search': 10,
  'paid social': 10,
  paid: 10,
  display: 10,
  email: 10,
  'organic search': 7,
  ai: 7,
  campaign: 7,
  referral: 5,
  social: 5,
  direct: 3,
}

/** The visitors of the visits of a report, newest visit first. */
export function listTrueVisitors(visits: readonly PlannedVisit[]): VisitorRow[] {
  return [...groupBy(visits, ({ visitorId }) => visitorId).values()]
    .map(describeVisitor)
    .sort((a, b) => b.visitedAt - a.visitedAt || compareBytes(b.id, a.id))
}

function describeVisitor(visits: PlannedVisit[]): VisitorRow {
  const newest = visits.reduce((last, visit) => (visit.events[0]!.at > last.events[0]!.at ? visit : last))
  const { client, arrival, at } = newest.events[0]!
  const landing = newest.events.find(({ type }) => type === 'pageview')
  const parts = scoreVisits(visits)
  return {
    id: newest.visitorId,
    country: client.country,
    deviceType: client.device_type,
    browser: client.browser,
    os: client.os,
    source: arrival.source,
    channel: arrival.channel,
    referrer: arrival.referrer,
    landingPage: landing ? landing.origin + landing.path : '',
    visitedAt: at,
    lastSeen: Math.max(...visits.map(({ events }) => events.at(-1)!.at)),
    visits: visits.length,
    pageviews: countEvents(visits, 'pageview'),
    valueScore: sum(Object.values(parts) as number[]),
    valueParts: parts,
  }
}

function scoreVisits(visits: readonly PlannedVisit[]): ValueParts {
  return {
    pages: Math.min(20, 2 * countEvents(visits, 'pageview')),
    engagement: Math.min(20, Math.floor(sum(visits.map(durationOf)) / 30_000)),
    returns: Math.min(15, 5 * (visits.length - 1)),
    source: Math.max(...visits.map(({ events: [first] }) => SOURCE_POINTS[first!.arrival.channel]!)),
    goals: Math.min(20, 10 * countEvents(visits, 'goal')),
    revenue: countEvents(visits, 'revenue') > 0 ? 15 : 0,
  }
}

function countEvents(visits: readonly PlannedVisit[], type: string): number {
  return visits.flatMap(({ events }) => events).filter((event) => event.type === type).length
}
