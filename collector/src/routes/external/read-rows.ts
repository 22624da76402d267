import { compareFigures, type Figures } from '../../reports/compare-figures.js'
import type { ReportScope, Slice, VisitFigures } from '../../stores/report-store.js'
import type { ReportCall } from './define-report.js'
import { MAX_LIMIT } from './query-parameters.js'

/** How one list is asked for and shown. */
export interface RowKind<Row> {
  load(scope: ReportScope, slice: Slice): Promise<Row[]>
  /** What tells rows apart, in both periods. */
  keyOf(row: Row): string
  nameOf(row: Row): Record<string, unknown>
  figuresOf(row: Row): Figures
}

export interface Pagination {
  limit: number
  offset: number
  has_more: boolean
  next_cursor: string | null
}

type ListCall = Pick<ReportCall<unknown, unknown>, 'scope' | 'previous' | 'limit' | 'offset' | 'cursorAt'>

/** One page of a list by offset, with the figures of the period before where they were asked for. */
export async function readRows<Row>(
  call: ListCall,
  kind: RowKind<Row>,
): Promise<{ rows: Record<string, unknown>[]; pagination: Pagination }> {
  const { scope, previous, limit, offset } = call
  // One more than asked for tells whether there is more.
  const [found, before] = await Promise.all([
    kind.load(scope, { limit: limit + 1, offset }),
    previous && kind.load(previous, { limit: MAX_LIMIT, offset: 0 }),
  ])
  const compare = before && comparisonWith(before, kind)
  const rows = found
    .slice(0, limit)
    .map((row) => ({ ...kind.nameOf(row), ...kind.figuresOf(row), ...compare?.(row) }))
  return { rows, pagination: paginate(call, found.length > limit, offset + limit) }
}

export function paginate(
  { limit, offset, cursorAt }: ListCall,
  hasMore: boolean,
  position: unknown,
): Pagination {
  return { limit, offset, has_more: hasMore, next_cursor: hasMore ? cursorAt(position) : null }
}

function comparisonWith<Row>(before: Row[], { keyOf, figuresOf }: RowKind<Row>) {
  const byKey = new Map(before.map((row) => [keyOf(row), figuresOf(row)]))
  return (row: Row) => {
    const current = figuresOf(row)
    const same = byKey.get(keyOf(row))
    // What is not among the rows of a list that was cut off may stand in the part that is missing.
    if (!same && before.length === MAX_LIMIT) return { previous: null, change: null }
    const previous = same ?? Object.fromEntries(Object.keys(current).map((name) => [name, 0]))
    return { previous, change: compareFigures(current, previous) }
  }
}

/** The figures of visits by the names they have on the wire. */
export function describeVisits({ visitors, visits, pageviews, bounceRate, averageDuration }: VisitFigures) {
  return {
    visitors,
    visits,
    page_views: pageviews,
    bounce_rate: bounceRate,
    avg_visit_duration: averageDuration,
  }
}
