import type {
  EventCount,
  PageRow,
  Period,
  PropertyCount,
  RankedRow,
  ReportFilter,
  RevenueRow,
  VisitMetrics,
  VisitField,
} from '../../src/reports/report-store.js'
import { DAY_MS } from './golden-month.js'
import { fulfils, selectVisits, writeValue } from './select-visits.js'
import { groupErrors, type TrueErrorGroup } from './true-errors.js'
import { compareBytes, groupBy, sum } from './true-sums.js'
import type { PlannedEvent, PlannedVisit } from './visit-plan.js'

/** The numbers of a report, computed from the plan of the visits alone with plain loops, unrounded. */
export interface TrueFigures {
  visits: PlannedVisit[]
  summary(): VisitMetrics
  /** Numbers of the visits that began in each part; `starts` are the first moments of the parts. */
  timeline(starts: readonly number[]): VisitMetrics[]
  pages(): PageRow[]
  ranking(field: VisitField): RankedRow[]
  eventNames(): EventCount[]
  eventProperties(name: string): PropertyCount[]
  revenue(): RevenueRow[]
  errorGroups(): TrueErrorGroup[]
}

export function createTrueFigures(
  plan: readonly PlannedVisit[],
  period: Period,
  filters: readonly ReportFilter[] = [],
): TrueFigures {
  const visits = selectVisits(plan, period, filters)
  const happened = (...types: string[]) =>
    visits.flatMap(({ visitorId, events }) =>
      events.filter(({ type }) => types.includes(type)).map((event) => ({ visitorId, event })),
    )
  return {
    visits,
    errorGroups: () =>
      groupErrors(
        plan.filter((visit) => filters.every((filter) => fulfils(visit, filter))),
        period,
      ),
    summary: () => figuresOf(visits),
    timeline: (starts) =>
      starts.map((start, index) =>
        figuresOf(
          visits.filter(
            ({ events: [first] }) => first!.at >= start && first!.at < (starts[index + 1] ?? Infinity),
          ),
        ),
      ),
    pages: () =>
      [...groupBy(visits.flatMap(readSteps), ({ url }) => url).values()]
        .map(describePage)
        .sort((a, b) => b.views - a.views || compareBytes(a.url, b.url)),
    ranking: (field) =>
      [...groupBy(visits, ({ events: [first] }) => ({ ...first!.client, ...first!.arrival })[field])]
        .map(([name, group]) => ({ name, ...figuresOf(group) }))
        .sort((a, b) => b.visitors - a.visitors || b.visits - a.visits || compareBytes(a.name, b.name)),
    eventNames: () =>
      [...groupBy(happened('custom', 'goal'), ({ event }) => event.name)]
        .map(([name, group]) => ({ name, ...countOf(group) }))
        .sort((a, b) => b.count - a.count || compareBytes(a.name, b.name)),
    eventProperties(name) {
      const entries = happened('custom', 'goal').flatMap(({ visitorId, event }) =>
        event.name === name
          ? Object.entries(event.properties).map(([key, value]) => ({
              visitorId,
              key,
              value: writeValue(value),
            }))
          : [],
      )
      return [...groupBy(entries, ({ key, value }) => JSON.stringify([key, value])).values()].map(
        (group) => ({ key: group[0]!.key, value: group[0]!.value, ...countOf(group) }),
      )
    },
    revenue: () =>
      [...groupBy(happened('revenue'), ({ event }) => String(event.properties['currency']))]
        .map(([currency, group]) => {
          const total =
            sum(group.map(({ event }) => Math.round(Number(event.properties['amount']) * 100))) / 100
          return { currency, total, average: total / group.length, ...countOf(group) }
        })
        .sort((a, b) => b.count - a.count || compareBytes(a.currency, b.currency)),
  }
}

export function figuresOf(visits: readonly PlannedVisit[]): VisitMetrics {
  const viewed = visits.filter(({ events }) => countViews(events) > 0)
  const read = visits.filter((visit) => engagementsOf(visit).length > 0)
  return {
    visitors: new Set(visits.map(({ visitorId }) => visitorId)).size,
    visits: visits.length,
    pageviews: sum(visits.map(({ events }) => countViews(events))),
    bounceRate: viewed.length === 0 ? null : (100 * viewed.filter(isBounce).length) / viewed.length,
    averageDuration: viewed.length === 0 ? null : sum(viewed.map(durationOf)) / 1000 / viewed.length,
    engagedRate: read.length === 0 ? null : (100 * read.filter(isEngaged).length) / read.length,
    averageEngagedTime: read.length === 0 ? null : sum(read.map(engagedMsOf)) / 1000 / read.length,
  }
}

/** Time from the first event to the last one, or to the end of the engaged time of the last page, in ms. */
export function durationOf(visit: PlannedVisit): number {
  const { events } = visit
  const lastPage = events.findLast(({ type }) => type === 'pageview')
  const engagement = lastPage && engagementOf(visit, lastPage)
  return Math.max(events.at(-1)!.at, engagement ? lastPage.at + engagement.engagedMs : 0) - events[0]!.at
}

/** The engagement with a pageview, unless it was sent too late to count. */
function engagementOf({ events }: PlannedVisit, { engagement }: PlannedEvent): PlannedEvent['engagement'] {
  const dayOf = (at: number) => Math.floor(at / DAY_MS)
  return engagement && dayOf(engagement.at) <= dayOf(events[0]!.at) + 1 ? engagement : undefined
}

const engagementsOf = (visit: PlannedVisit) =>
  visit.events.flatMap((event) => engagementOf(visit, event) ?? [])
const engagedMsOf = (visit: PlannedVisit) => sum(engagementsOf(visit).map(({ engagedMs }) => engagedMs))
const isEngaged = (visit: PlannedVisit) =>
  countViews(visit.events) > 1 || !isBounce(visit) || engagedMsOf(visit) >= 10_000

function isBounce({ events }: PlannedVisit): boolean {
  return (
    countViews(events) === 1 &&
    !events.some(
      ({ type, isInteractive }) => isInteractive && ['custom', 'goal', 'revenue', 'identify'].includes(type),
    )
  )
}

function countViews(events: readonly PlannedEvent[]): number {
  return events.filter(({ type }) => type === 'pageview').length
}

interface Step {
  url: string
  path: string
  visitorId: string
  isEntry: boolean
  isExit: boolean
  isBounce: boolean
  /** Time until the next pageview in ms; undefined for the last one. */
  stay: number | undefined
  engagement: PlannedEvent['engagement']
}

function readSteps(visit: PlannedVisit): Step[] {
  const views = visit.events.filter(({ type }) => type === 'pageview')
  return views.map((view, index) => ({
    url: view.origin + view.path,
    path: view.path,
    visitorId: visit.visitorId,
    isEntry: index === 0,
    isExit: index === views.length - 1,
    isBounce: isBounce(visit),
    stay: index < views.length - 1 ? views[index + 1]!.at - view.at : undefined,
    engagement: engagementOf(visit, view),
  }))
}

function describePage(steps: Step[]): PageRow {
  const entries = steps.filter(({ isEntry }) => isEntry)
  const read = steps.flatMap(({ engagement }) => engagement ?? [])
  const times =
    read.length > 0 ? read.map(({ engagedMs }) => engagedMs) : steps.flatMap(({ stay }) => stay ?? [])
  return {
    url: steps[0]!.url,
    path: steps[0]!.path,
    views: steps.length,
    visitors: countOf(steps).visitors,
    entries: entries.length,
    exits: steps.filter(({ isExit }) => isExit).length,
    bounceRate:
      entries.length === 0 ? null : (100 * entries.filter((step) => step.isBounce).length) / entries.length,
    averageTime: times.length === 0 ? null : sum(times) / 1000 / times.length,
    scrollDepth: read.length === 0 ? null : sum(read.map(({ scroll }) => scroll)) / read.length,
  }
}

const countOf = (group: readonly { visitorId: string }[]) => ({
  count: group.length,
  visitors: new Set(group.map(({ visitorId }) => visitorId)).size,
})
