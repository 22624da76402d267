import { Type } from '@sinclair/typebox'
import { ApiError } from '../../errors.js'
import { PAGINATION } from '../../http/api/answer-schemas.js'
import { toIso } from '../../http/api/route.js'
import { orNull } from '../../http/fields.js'
import type { VisitorCursor, VisitorRow } from '../../reports/report-store.js'
import { COUNTRY, toCountryJson } from './countries.js'
import { defineReport, paginate } from './define-report.js'

const TIME = Type.String({ description: 'ISO 8601, UTC.' })
const VISITOR = {
  id: Type.String(),
  ...COUNTRY,
  device_type: Type.String(),
  browser: Type.String(),
  os: Type.String(),
  source: Type.String(),
  channel: Type.String(),
  referrer: Type.String(),
  landing_page: orNull(Type.String(), 'URL of the first page of the newest visit.'),
  visited_at: Type.String({ description: 'When the newest visit began. ISO 8601, UTC.' }),
  last_seen: TIME,
  visits: Type.Integer(),
  page_count: Type.Integer({ description: 'Page views.' }),
  pageviews: Type.Integer({ description: 'Same as page_count.' }),
  value_score: Type.Integer({ minimum: 0, maximum: 100 }),
}
const ROW = Type.Object(VISITOR)
const PARTS = Type.Object(
  {
    pages: Type.Integer(),
    engagement: Type.Integer(),
    returns: Type.Integer(),
    source: Type.Integer(),
    goals: Type.Integer(),
    revenue: Type.Integer(),
  },
  { description: 'Their sum is value_score.' },
)

const EXAMPLE = {
  id: 'b1946ac92492d2347c6235b4d2611184',
  country: 'CH',
  country_code: 'CH',
  country_name: 'Switzerland',
  device_type: 'desktop',
  browser: 'Firefox',
  os: 'Linux',
  source: 'google',
  channel: 'organic search',
  referrer: 'https://www.google.com/',
  landing_page: 'https://shop.example/',
  visited_at: '2026-04-01T09:12:03.120Z',
  last_seen: '2026-04-01T09:20:44.018Z',
  visits: 2,
  page_count: 9,
  pageviews: 9,
  value_score: 41,
}

const LATEST_MS = Date.UTC(2200, 0, 1)

/** Maximum number of rows in the response to a request without a period and a limit. */
const ALL = 1000

export const listVisitors = defineReport({
  path: '/analytics/{id}/visitors',
  operationId: 'listVisitors',
  summary: 'List visitors, newest visit first',
  description:
    'Without range, from, to and limit, data is an array of up to 1,000 visitors, with pagination and date_range beside it.',
  paging: { rows: 50, parsePosition: parseVisitorCursor },
  data: Type.Union([Type.Object({ visitors: Type.Array(ROW), pagination: PAGINATION }), Type.Array(ROW)]),
  beside: Type.Object({ pagination: Type.Optional(PAGINATION) }),
  example: { visitors: [EXAMPLE], pagination: { limit: 50, offset: 0, has_more: false, next_cursor: null } },
  table: {
    row: ROW,
    read: (data) =>
      (Array.isArray(data) ? data : (data as { visitors: Record<string, unknown>[] }).visitors) as Record<
        string,
        unknown
      >[],
  },
  async answer(call) {
    // Older integrations expect an array. Newer ones expect an object and always send a range or a limit.
    const isPlain = !['range', 'timeRange', 'from', 'to', 'limit'].some((name) => name in call.query)
    const limit = isPlain ? ALL : call.limit
    const after = call.position as VisitorCursor | undefined
    const found = await call.services.reports.visitors(call.scope, {
      limit: limit + 1,
      offset: call.offset,
      ...(after && { after }),
    })
    const rows = found.slice(0, limit)
    const pagination = paginate(
      { ...call, limit },
      found.length > limit,
      rows.length > 0 && positionOf(rows.at(-1)!),
    )
    const visitors = rows.map(toVisitorJson)
    return isPlain ? { data: visitors, beside: { pagination } } : { data: { visitors, pagination } }
  },
})

export const readVisitor = defineReport({
  path: '/analytics/{id}/visitors/{visitor}',
  operationId: 'readVisitor',
  summary: 'Get a visitor with the parts of the value score',
  description: 'NOT_FOUND when the visitor has no visit in the period.',
  isFiltered: false,
  params: { visitor: Type.String({ minLength: 1, maxLength: 200, description: 'ID of the visitor.' }) },
  data: Type.Object({ ...VISITOR, value_parts: PARTS }),
  example: {
    ...EXAMPLE,
    value_parts: { pages: 18, engagement: 11, returns: 5, source: 7, goals: 0, revenue: 0 },
  },
  async answer({ services, scope, params }) {
    const visitor = await services.reports.visitor(scope, params.visitor)
    if (!visitor) throw new ApiError('NOT_FOUND')
    return { data: { ...toVisitorJson(visitor), value_parts: visitor.valueParts } }
  },
})

function toVisitorJson({
  id,
  country,
  deviceType,
  browser,
  os,
  source,
  channel,
  referrer,
  landingPage,
  visitedAt,
  lastSeen,
  visits,
  pageviews,
  valueScore,
}: VisitorRow) {
  return {
    id,
    ...toCountryJson(country),
    device_type: deviceType,
    browser,
    os,
    source,
    channel,
    referrer,
    landing_page: landingPage || null,
    visited_at: toIso(visitedAt),
    last_seen: toIso(lastSeen),
    visits,
    page_count: pageviews,
    pageviews,
    value_score: valueScore,
  }
}

const positionOf = ({ visitedAt, id }: VisitorRow): [number, string] => [visitedAt, id]

function parseVisitorCursor(value: unknown): VisitorCursor | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [visitedAt, id] = value as unknown[]
  const isMoment = Number.isInteger(visitedAt) && Math.abs(visitedAt as number) <= LATEST_MS
  return isMoment && typeof id === 'string' ? { visitedAt: visitedAt as number, id } : undefined
}
