import type { EventRow } from '../../src/ingest/event-row.js'
import type {
  PageRow,
  RankedRow,
  ReportFilter,
  ReportScope,
  SearchRow,
  VisitField,
  VisitMetrics,
} from '../../src/reports/report-store.js'
import { splitVisits } from './split-visits.js'

interface ModelVisit {
  first: EventRow
  events: EventRow[]
  pageviews: EventRow[]
  bounced: boolean
  /** Its engagement events, with any view. */
  measured: EventRow[]
  /** The engagement of each pageview that has any, by event ID. */
  engagement: Map<string, Engagement>
}

interface Engagement {
  engagedMs: number
  scroll: number | undefined
}

/**
 * The definitions of docs/metrics.md in TypeScript, for rows in which no two events of a session share a
 * time. `engagements` are captured `engagement` events.
 */
export function modelVisits(
  rows: EventRow[],
  { siteId, period: { from, to }, filters }: ReportScope,
  engagements: readonly EventRow[] = [],
): ModelVisit[] {
  const sessions = groupBy(
    rows.filter((row) => row.site_id === siteId).sort((a, b) => a.occurred_at - b.occurred_at),
    (row) => row.session_id,
  )
  return [...sessions.values()]
    .flatMap((session) => {
      const visits = splitVisits(session, ({ occurred_at }) => occurred_at)
      return visits.map((events) => ({ events, others: visits.filter((visit) => visit !== events).flat() }))
    })
    .map(({ events, others }) => {
      const pageviews = events.filter(({ event_type }) => event_type === 'pageview')
      const isIdle = events.every(
        ({ event_type, interactive }) =>
          !interactive || !['custom', 'goal', 'revenue', 'identify'].includes(event_type),
      )
      const first = events[0]!
      const measured = engagements.filter(
        ({ site_id, session_id, occurred_at }) =>
          site_id === siteId &&
          session_id === first.session_id &&
          [dayOf(first), dayOf(first) + 1].includes(dayOf({ occurred_at })) &&
          !others.some((other) => dayOf(other) === dayOf({ occurred_at })),
      )
      return {
        first,
        events,
        pageviews,
        bounced: pageviews.length === 1 && isIdle,
        measured,
        engagement: new Map(
          pageviews.flatMap((view) => {
            const engagement = engagementOf(view, measured)
            return engagement ? [[view.event_id, engagement]] : []
          }),
        ),
      }
    })
    .filter(
      (visit) =>
        visit.first.occurred_at >= from &&
        visit.first.occurred_at < to &&
        filters.every((filter) => fulfils(visit, filter)),
    )
}

const dayOf = ({ occurred_at }: { occurred_at: number }) => Math.floor(occurred_at / (24 * 60 * 60 * 1000))

function engagementOf(view: EventRow, measured: readonly EventRow[]): Engagement | undefined {
  const own = measured
    .map(({ occurred_at, properties }) => ({
      occurred_at,
      ...(JSON.parse(properties) as { view?: string; engaged_ms: number; scroll?: number }),
    }))
    .filter((event) => event.view === view.event_id)
  if (own.length === 0) return undefined
  const openMs = Math.max(...own.map(({ occurred_at }) => occurred_at)) - view.occurred_at
  const engagedMs = own.reduce((sum, { engaged_ms }) => sum + engaged_ms, 0)
  const scrolls = own.flatMap(({ scroll }) => scroll ?? [])
  return {
    engagedMs: Math.max(0, Math.min(engagedMs, openMs)),
    scroll: scrolls.length > 0 ? Math.max(...scrolls) : undefined,
  }
}

const engagedMsOf = (rows: readonly EventRow[]) =>
  total(rows.map(({ properties }) => (JSON.parse(properties) as { engaged_ms: number }).engaged_ms))
const lastTimeOf = (rows: readonly EventRow[]) => Math.max(0, ...rows.map(({ occurred_at }) => occurred_at))

/** Visit duration in milliseconds: to the last event, or to the end of the engaged time of the last page. */
function durationOf({ first, events, pageviews, measured }: ModelVisit): number {
  const last = pageviews.at(-1)
  const own = measured.filter(({ properties }) => last && properties.includes(last.event_id))
  const readUntil = Math.min((last?.occurred_at ?? 0) + engagedMsOf(own), lastTimeOf(measured))
  return Math.max(events.at(-1)!.occurred_at, readUntil) - first.occurred_at
}

/** Engaged time of a visit: no more than until its last engagement. */
const engagedTimeOf = ({ first, measured }: ModelVisit) =>
  Math.max(0, Math.min(engagedMsOf(measured), lastTimeOf(measured) - first.occurred_at))

const isEngaged = (visit: ModelVisit) => !visit.bounced || engagedTimeOf(visit) >= 10_000

function fulfils({ first, events, pageviews }: ModelVisit, filter: ReportFilter): boolean {
  const named = events.filter(({ event_type }) => event_type === 'custom' || event_type === 'goal')
  switch (filter.by) {
    case 'field':
      return first[filter.field] === filter.value
    case 'path':
      return pageviews.some(({ path }) => path === filter.value)
    case 'event':
      return named.some(({ event_name }) => event_name === filter.value)
    case 'property':
      return named.some(({ properties }) => {
        const found = (JSON.parse(properties) as Record<string, string | number | boolean>)[filter.key]
        return found !== undefined && String(found) === filter.value
      })
  }
}

export function modelFigures(visits: ModelVisit[]): VisitMetrics {
  const entered = visits.filter(({ pageviews }) => pageviews.length > 0)
  const measured = entered.filter((visit) => visit.measured.length > 0)
  return {
    visitors: new Set(visits.map(({ first }) => first.visitor_id)).size,
    visits: visits.length,
    pageviews: visits.reduce((sum, { pageviews }) => sum + pageviews.length, 0),
    bounceRate: percentage(entered.map(({ bounced }) => bounced)),
    averageDuration: averageSeconds(entered.map(durationOf)),
    engagedRate: percentage(measured.map(isEngaged)),
    averageEngagedTime: averageSeconds(measured.map(engagedTimeOf)),
  }
}

export function modelRanking(visits: ModelVisit[], field: VisitField): RankedRow[] {
  return [...groupBy(visits, ({ first }) => first[field])]
    .map(([name, group]) => ({ name, ...modelFigures(group) }))
    .sort((a, b) => b.visitors - a.visitors || b.visits - a.visits || compare(a.name, b.name))
}

export function modelPages(visits: ModelVisit[]): PageRow[] {
  const views = visits.flatMap((visit) =>
    visit.pageviews.map((view, nth) => ({ view, visit, isFirst: nth === 0, next: visit.pageviews[nth + 1] })),
  )
  return [...groupBy(views, ({ view }) => view.origin + view.path)]
    .map(([url, group]) => {
      const entries = group.filter(({ isFirst }) => isFirst)
      const engagements = group.flatMap(({ view, visit }) => visit.engagement.get(view.event_id) ?? [])
      const scrolls = engagements.flatMap(({ scroll }) => scroll ?? [])
      return {
        url,
        path: group[0]!.view.path,
        views: group.length,
        visitors: new Set(group.map(({ visit }) => visit.first.visitor_id)).size,
        entries: entries.length,
        exits: group.filter(({ next }) => !next).length,
        bounceRate: percentage(entries.map(({ visit }) => visit.bounced)),
        averageTime: averageSeconds(
          engagements.length > 0
            ? engagements.map(({ engagedMs }) => engagedMs)
            : group.flatMap(({ view, next }) => (next ? [next.occurred_at - view.occurred_at] : [])),
        ),
        scrollDepth: scrolls.length > 0 ? Math.round((10 * total(scrolls)) / scrolls.length) / 10 : null,
      }
    })
    .sort((a, b) => b.views - a.views || compare(a.url, b.url))
}

/** @param termOf the term that a pageview searches for, or undefined */
export function modelSearches(
  visits: ModelVisit[],
  termOf: (row: EventRow) => string | undefined,
): SearchRow[] {
  const results = visits.flatMap((visit) =>
    visit.pageviews.flatMap((view, nth) => {
      const [term, before] = [view, visit.pageviews[nth - 1]].map((row) => row && termOf(row))
      const isLast = nth === visit.pageviews.length - 1
      return term === undefined ? [] : [{ term, visit, isNew: term !== before, isLast }]
    }),
  )
  return [...groupBy(results, ({ term }) => term)]
    .map(([term, group]) => {
      const searching = [...new Set(group.map(({ visit }) => visit))]
      const leaving = new Set(group.filter(({ isLast }) => isLast).map(({ visit }) => visit))
      return {
        term,
        searches: group.filter(({ isNew }) => isNew).length,
        visitors: new Set(searching.map(({ first }) => first.visitor_id)).size,
        visits: searching.length,
        exitRate: percentage(searching.map((visit) => leaving.has(visit)))!,
      }
    })
    .sort((a, b) => b.searches - a.searches || compare(a.term, b.term))
}

const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
const percentage = (isPart: boolean[]) =>
  isPart.length === 0 ? null : Math.round((1000 * isPart.filter(Boolean).length) / isPart.length) / 10
const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0)
const averageSeconds = (ms: number[]) =>
  ms.length === 0 ? null : Math.round(total(ms) / ms.length / 100) / 10

function groupBy<Item>(items: Item[], nameOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(nameOf(item), [...(groups.get(nameOf(item)) ?? []), item])
  return groups
}
