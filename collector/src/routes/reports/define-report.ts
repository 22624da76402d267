import { type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox'
import { authorise } from '../../control/keys/gate.js'
import type { Site } from '../../control/sites.js'
import { assertNoIssues } from '../../errors.js'
import type { Pagination } from '../../http/api/answer-schemas.js'
import type { ApiAnswer, ApiCall, RouteDescription } from '../../http/api/route.js'
import { compareMetrics, type Metrics, toRatesJson } from '../../reports/comparison.js'
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
import type { Route, RouteServices } from '../define-route.js'
import { addDateRange, documentDateRange } from './date-range.js'
import { COMPARE, FILTERS, FORMAT, MAX_LIMIT, pagingOf, PERIOD } from './query-parameters.js'

export const SITE_PARAMS = {
  id: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the website, such as ws_abc123.' }),
}

interface Paging {
  /** Default number of rows per page. */
  rows: number
  /**
   * Parses the position in a cursor. Set only if the cursors of the list do not contain an offset. Returns
   * undefined if the position is invalid.
   */
  parsePosition?(value: unknown): unknown
}

/** A validated request for a report. */
interface ReportCall<Params, Query> {
  services: RouteServices
  site: Site
  params: Params
  query: Query
  range: Range | 'custom'
  scope: ReportScope
  /** The scope of the previous period, or undefined if no comparison was requested. */
  previous: ReportScope | undefined
  limit: number
  offset: number
  /**
   * The position at which the previous page ended, or undefined if the request has no cursor. If the position
   * is an offset, `offset` has the same value.
   */
  position: unknown
  /** Returns the cursor of the page that starts after a position. */
  cursorAt(position: unknown): string
  now: number
}

interface ReportDescription<Params extends TProperties, Query extends TProperties> extends Omit<
  RouteDescription<TObject, TObject>,
  'params' | 'query' | 'body' | 'method' | 'status' | 'data'
> {
  /** The path parameters in addition to `id`. */
  params?: Params
  /** The query parameters in addition to those that every report accepts. */
  query?: Query
  /** Whether the report accepts filters that select visits. @default true */
  isFiltered?: boolean
  /** Whether the report can be compared with the previous period. @default false */
  isComparable?: boolean
  paging?: Paging
  data: TSchema
  answer(
    call: ReportCall<Static<TObject<Params>> & { id: string }, Static<TObject<Query>> & PeriodQuery>,
  ): Promise<ApiAnswer>
}

const MAX_POSITION = 10_000_000
const parseOffset = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_POSITION ? value : undefined

/**
 * Defines the route of a report on one site. Every report accepts a period and answers with the field
 * `date_range`. The description determines the other query parameters.
 */
export function defineReport<
  Params extends TProperties = Record<never, never>,
  Query extends TProperties = Record<never, never>,
>({
  answer,
  isFiltered = true,
  isComparable = false,
  paging,
  ...route
}: ReportDescription<Params, Query>): Route {
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
    ...documentDateRange(route),
    method: 'GET',
    scope: 'read',
    status: 200,
    params: Type.Object({ ...SITE_PARAMS, ...route.params }),
    query: Type.Object(parameters),
    acceptsProperties: isFiltered,
    async answer(call) {
      const site = await authorise(call.key, call.params['id']!, call.services.control)
      const report = parseReport({ call, site, path: route.path, paging })
      const found = await answer(report as unknown as Parameters<typeof answer>[0])
      return addDateRange(found, report.scope.period, site.timeZone)
    },
  }
}

interface ReportRequest {
  call: ApiCall<RouteServices>
  site: Site
  path: string
  paging: Paging | undefined
}

/** Parses a request for a report. Throws `VALIDATION_ERROR` with every issue if the request is invalid. */
function parseReport({
  call,
  site,
  path,
  paging,
}: ReportRequest): ReportCall<Record<string, string>, Record<string, unknown>> {
  const { services, params, query, issues, now } = call
  const clock = { timeZone: site.timeZone, now }
  const read = parsePeriod(query, clock, issues)
  const {
    limit = paging?.rows ?? 0,
    offset = 0,
    cursor,
    format: _,
    ...asked
  } = query as { limit?: number; offset?: number; cursor?: string; format?: string }

  const question = [path, params, Object.entries(asked).sort()]
  const page =
    cursor === undefined ? undefined : parseCursor(cursor, question, paging?.parsePosition ?? parseOffset)
  if (cursor !== undefined && (!page || !isAllowedPeriod(page.period, clock)))
    issues.push({ field: 'cursor', reason: 'must be a next_cursor returned for the same query' })
  if (cursor !== undefined && query['offset'] !== undefined)
    issues.push({ field: 'offset', reason: 'cannot be combined with cursor' })
  assertNoIssues(issues)

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
    offset: page && !paging?.parsePosition ? (page.position as number) : offset,
    position: page?.position,
    cursorAt: (position) => formatCursor(question, { period, position }),
    now,
  }
}

/** Describes how the rows of one kind of list are loaded and converted to JSON. */
interface RowKind<Row> {
  load(scope: ReportScope, slice: Slice): Promise<Row[]>
  /** Returns the key that identifies the same row in both periods of a comparison. */
  keyOf(row: Row): string
  nameOf(row: Row): Record<string, unknown>
  figuresOf(row: Row): Metrics
  /** The metrics of a row that does not occur in a period. */
  none: Metrics
}

type ListCall = Pick<ReportCall<unknown, unknown>, 'scope' | 'previous' | 'limit' | 'offset' | 'cursorAt'>

/**
 * Loads one page of a list by offset. For a comparison, each row includes the metrics of the previous period.
 */
export async function loadRows<Row>(
  call: ListCall,
  kind: RowKind<Row>,
): Promise<{ rows: Record<string, unknown>[]; pagination: Pagination }> {
  const { scope, previous, limit, offset } = call
  // Load one more row than the page contains, which shows whether there is another page.
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

function comparisonWith<Row>(before: Row[], { keyOf, figuresOf, none }: RowKind<Row>) {
  const byKey = new Map(before.map((row) => [keyOf(row), figuresOf(row)]))
  return (row: Row) => {
    const same = byKey.get(keyOf(row))
    // The list of the previous period was truncated at the limit, so its missing part may contain this row.
    if (!same && before.length === MAX_LIMIT) return { previous: null, change: null }
    const previous = same ?? none
    return { previous, change: compareMetrics(figuresOf(row), previous) }
  }
}

const NO_VISITS: VisitMetrics = {
  visitors: 0,
  visits: 0,
  pageviews: 0,
  bounceRate: null,
  averageDuration: null,
  engagedRate: null,
  averageEngagedTime: null,
}

function toVisitMetricsJson(metrics: VisitMetrics) {
  return {
    visitors: metrics.visitors,
    visits: metrics.visits,
    page_views: metrics.pageviews,
    ...toRatesJson(metrics),
  }
}

/** Creates the description of a list that ranks the values of one visit field, most visitors first. */
export function rankVisits(
  reports: ReportStore,
  field: VisitField,
  nameOf: (name: string) => Record<string, unknown>,
): RowKind<RankedRow> {
  return {
    load: (scope, slice) => reports.ranking(scope, field, slice),
    keyOf: ({ name }) => name,
    nameOf: ({ name }) => nameOf(name),
    figuresOf: toVisitMetricsJson,
    none: toVisitMetricsJson(NO_VISITS),
  }
}
