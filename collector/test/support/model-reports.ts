import type { EventRow } from '../../src/ingest/event-row.js'
import type {
  PageRow,
  RankedRow,
  ReportFilter,
  ReportScope,
  VisitField,
  VisitMetrics,
} from '../../src/reports/report-store.js'
import { splitVisits } from './split-visits.js'

interface ModelVisit {
  first: EventRow
  events: EventRow[]
  pageviews: EventRow[]
  bounced: boolean
}

/**
 * The definitions of docs/metrics.md in TypeScript, for rows in which no two events of a session share a
 * time.
 */
export function modelVisits(
  rows: EventRow[],
  { siteId, period: { from, to }, filters }: ReportScope,
): ModelVisit[] {
  const sessions = groupBy(
    rows.filter((row) => row.site_id === siteId).sort((a, b) => a.occurred_at - b.occurred_at),
    (row) => row.session_id,
  )
  return [...sessions.values()]
    .flatMap((events) => splitVisits(events, ({ occurred_at }) => occurred_at))
    .map((events) => {
      const pageviews = events.filter(({ event_type }) => event_type === 'pageview')
      const isIdle = events.every(
        ({ event_type, interactive }) =>
          !interactive || !['custom', 'goal', 'revenue', 'identify'].includes(event_type),
      )
      return { first: events[0]!, events, pageviews, bounced: pageviews.length === 1 && isIdle }
    })
    .filter(
      (visit) =>
        visit.first.occurred_at >= from &&
        visit.first.occurred_at < to &&
        filters.every((filter) => fulfils(visit, filter)),
    )
}

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
  return {
    visitors: new Set(visits.map(({ first }) => first.visitor_id)).size,
    visits: visits.length,
    pageviews: visits.reduce((sum, { pageviews }) => sum + pageviews.length, 0),
    bounceRate: percentage(entered.map(({ bounced }) => bounced)),
    averageDuration: averageSeconds(
      entered.map(({ first, events }) => events.at(-1)!.occurred_at - first.occurred_at),
    ),
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
      return {
        url,
        path: group[0]!.view.path,
        views: group.length,
        visitors: new Set(group.map(({ visit }) => visit.first.visitor_id)).size,
        entries: entries.length,
        exits: group.filter(({ next }) => !next).length,
        bounceRate: percentage(entries.map(({ visit }) => visit.bounced)),
        averageTime: averageSeconds(
          group.flatMap(({ view, next }) => (next ? [next.occurred_at - view.occurred_at] : [])),
        ),
      }
    })
    .sort((a, b) => b.views - a.views || compare(a.url, b.url))
}

const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
const percentage = (isPart: boolean[]) =>
  isPart.length === 0 ? null : Math.round((1000 * isPart.filter(Boolean).length) / isPart.length) / 10
const averageSeconds = (ms: number[]) =>
  ms.length === 0 ? null : Math.round(ms.reduce((sum, value) => sum + value, 0) / ms.length / 100) / 10

function groupBy<Item>(items: Item[], nameOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(nameOf(item), [...(groups.get(nameOf(item)) ?? []), item])
  return groups
}
