import type { Pagination } from '../../http/api/answer-schemas.js'
import { type Static, type TObject, type TProperties, Type } from '@sinclair/typebox'
import { authorise } from '../../control/keys/gate.js'
import type { Site } from '../../control/sites.js'
import {
  type ApiAnswer,
  type ApiCall,
  type ApiRoute,
  type ExternalServices,
  refuseFaults,
  type RouteDescription,
} from '../../http/api/route.js'
import { compareMetrics, type Metrics } from '../../reports/comparison.js'
import { parseCursor, formatCursor } from '../../reports/cursor.js'
import { parseFilters } from '../../reports/filters.js'
import {
  isAllowedPeriod,
  type PeriodQuery,
  previousOf,
  type Range,
  parsePeriod,
} from '../../reports/period.js'
import type {
  RankedRow,
  ReportScope,
  ReportStore,
  Slice,
  VisitField,
  VisitMetrics,
} from '../../reports/report-store.js'
import { COMPARE, FILTERS, FORMAT, MAX_LIMIT, pagingOf, PERIOD } from './query-parameters.js'

export const SITE_PARAMS = {
  id: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the website, such as ws_abc123.' }),
}

/** How a list is read page by page. */
interface Paging {
  /** Rows of a page unless the query says otherwise. */
  rows: number
  /** Reads the position that a cursor holds, where it is no offset; undefined when it cannot be one. */
  readPosition?(value: unknown): unknown
}

/** A report that was asked for: everything read, nothing wrong. */
interface ReportCall<Params, Query> {
  services: ExternalServices
  site: Site
  params: Params
  query: Query
  range: Range | 'custom'
  scope: ReportScope
  /** The scope of the period before, when a comparison was asked for. */
  previous: ReportScope | undefined
  limit: number
  offset: number
  /** Where the page before ended, by the cursor; with offsets it is part of `offset`. */
  position: unknown
  /** The cursor that goes on from a position. */
  cursorAt(position: unknown): string
  now: number
}

interface ReportDescription<Params extends TProperties, Query extends TProperties> extends Omit<
  RouteDescription<TObject, TObject, TObject>,
  'params' | 'query' | 'body' | 'method'
> {
  /** Beside `id`. */
  params?: Params
  /** Beside what every report takes. */
  query?: Query
  /** False where no visits are selected. @default true */
  isFiltered?: boolean
  /** @default false */
  isComparable?: boolean
  paging?: Paging
  answer(
    call: ReportCall<Static<TObject<Params>> & { id: string }, Static<TObject<Query>> & PeriodQuery>,
  ): Promise<ApiAnswer>
}

const MAX_POSITION = 10_000_000
const readOffset = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_POSITION ? value : undefined

/** A route that reports on a site: it takes a period and filters, and what its description says. */
export function defineReport<
  Params extends TProperties = Record<never, never>,
  Query extends TProperties = Record<never, never>,
>({
  answer,
  isFiltered = true,
  isComparable = false,
  paging,
  ...route
}: ReportDescription<Params, Query>): ApiRoute {
  const parameters = {
    ...PERIOD,
    ...route.query,
    ...(isFiltered && FILTERS),
    ...(isComparable && COMPARE),
    ...(paging && pagingOf(paging.rows)),
    ...(route.table && FORMAT),
  }
  return {
    ...route,
    method: 'GET',
    scope: 'read',
    params: Type.Object({ ...SITE_PARAMS, ...route.params }),
    query: Type.Object(parameters),
    takesProperties: isFiltered,
    async answer(call) {
      const site = await authorise(call.key, call.params['id']!, call.services.control)
      return answer(
        readReport({ call, site, path: route.path, paging }) as unknown as Parameters<typeof answer>[0],
      )
    },
  }
}

interface ReportRequest {
  call: ApiCall
  site: Site
  path: string
  paging: Paging | undefined
}

/** Reads what a report is asked; throws `VALIDATION_ERROR` with every fault. */
function readReport({
  call,
  site,
  path,
  paging,
}: ReportRequest): ReportCall<Record<string, string>, Record<string, unknown>> {
  const { services, params, query, faults, now } = call
  const clock = { timeZone: site.timeZone, now }
  const read = parsePeriod(query, clock, faults)
  const {
    limit = paging?.rows ?? 0,
    offset = 0,
    cursor,
    format: _,
    ...asked
  } = query as { limit?: number; offset?: number; cursor?: string; format?: string }

  const question = [path, params, Object.entries(asked).sort()]
  const page =
    cursor === undefined ? undefined : parseCursor(cursor, question, paging?.readPosition ?? readOffset)
  if (cursor !== undefined && (!page || !isAllowedPeriod(page.period, clock)))
    faults.push({ field: 'cursor', reason: 'must be the next_cursor of an answer to the same question' })
  if (cursor !== undefined && query['offset'] !== undefined)
    faults.push({ field: 'offset', reason: 'must be left out beside cursor' })
  refuseFaults(faults)

  const period = page?.period ?? read.period
  const scope = { siteId: site.id, period, filters: parseFilters(query) }
  return {
    services,
    site,
    params,
    query,
    range: read.name,
    scope,
    previous:
      query['compare'] === 'previous' ? { ...scope, period: previousOf(period, site.timeZone) } : undefined,
    limit,
    offset: page && !paging?.readPosition ? (page.position as number) : offset,
    position: page?.position,
    cursorAt: (position) => formatCursor(question, { period, position }),
    now,
  }
}

/** How one list is asked for and shown. */
interface RowKind<Row> {
  load(scope: ReportScope, slice: Slice): Promise<Row[]>
  /** What tells rows apart, in both periods. */
  keyOf(row: Row): string
  nameOf(row: Row): Record<string, unknown>
  figuresOf(row: Row): Metrics
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
    return { previous, change: compareMetrics(current, previous) }
  }
}

/** The figures of visits by the names they have on the wire. */
function describeVisits({ visitors, visits, pageviews, bounceRate, averageDuration }: VisitMetrics) {
  return {
    visitors,
    visits,
    page_views: pageviews,
    bounce_rate: bounceRate,
    avg_visit_duration: averageDuration,
  }
}

/** The visits of a report by the values of one field, most visitors first. */
export function rankVisits(
  reports: ReportStore,
  field: VisitField,
  nameOf: (name: string) => Record<string, unknown>,
): RowKind<RankedRow> {
  return {
    load: (scope, slice) => reports.ranking(scope, field, slice),
    keyOf: ({ name }) => name,
    nameOf: ({ name }) => nameOf(name),
    figuresOf: describeVisits,
  }
}
