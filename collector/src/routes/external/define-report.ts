import { Type, type Static, type TObject, type TProperties } from '@sinclair/typebox'
import { authorise } from '../../auth/authorise.js'
import { readCursor, writeCursor } from '../../reports/page-cursor.js'
import { readFilters } from '../../reports/read-filters.js'
import {
  isAllowedPeriod,
  previousOf,
  readPeriod,
  type PeriodQuery,
  type Range,
} from '../../reports/read-period.js'
import type { Site } from '../../stores/control-store.js'
import type { ReportScope } from '../../stores/report-store.js'
import {
  refuseFaults,
  type ApiAnswer,
  type ApiCall,
  type ApiRoute,
  type ExternalServices,
  type RouteDescription,
} from './api-route.js'
import { COMPARE, FILTERS, FORMAT, PERIOD, pagingOf } from './query-parameters.js'

export const SITE_PARAMS = {
  id: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the website, such as ws_abc123.' }),
}

/** How a list is read page by page. */
export interface Paging {
  /** Rows of a page unless the query says otherwise. */
  rows: number
  /** Reads the position that a cursor holds, where it is no offset; undefined when it cannot be one. */
  readPosition?(value: unknown): unknown
}

/** A report that was asked for: everything read, nothing wrong. */
export interface ReportCall<Params, Query> {
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
  const read = readPeriod(query, clock, faults)
  const {
    limit = paging?.rows ?? 0,
    offset = 0,
    cursor,
    format: _,
    ...asked
  } = query as { limit?: number; offset?: number; cursor?: string; format?: string }

  const question = [path, params, Object.entries(asked).sort()]
  const page =
    cursor === undefined ? undefined : readCursor(cursor, question, paging?.readPosition ?? readOffset)
  if (cursor !== undefined && (!page || !isAllowedPeriod(page.period, clock)))
    faults.push({ field: 'cursor', reason: 'must be the next_cursor of an answer to the same question' })
  if (cursor !== undefined && query['offset'] !== undefined)
    faults.push({ field: 'offset', reason: 'must be left out beside cursor' })
  refuseFaults(faults)

  const period = page?.period ?? read.period
  const scope = { siteId: site.id, period, filters: readFilters(query) }
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
    cursorAt: (position) => writeCursor(question, { period, position }),
    now,
  }
}
