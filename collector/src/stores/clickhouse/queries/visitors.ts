import type { Period, Slice, ValueParts, VisitorCursor, VisitorRow } from '../../../reports/report-store.js'
import type { QueryClient } from '../client.js'
import type { RollupScope } from '../rollups/period.js'
import { ofSessionsWith, VISIT, visitsWith } from './visit-parts.js'
import { BEGAN_MS, buildScopeSql, buildVisitsSql, visitsBetween } from './visits.js'

type Row = Omit<VisitorRow, 'valueScore' | 'valueParts'> & VisitorSums

const ofNewest = (column: string) => `argMax(${column}, (started_at, session_id))`

/**
 * Builds a query for visitors. Use it only for a few visitors, because it reads every column of their visits.
 */
const visitorsSql = (visits: string, where: string) => `
  SELECT
    visitor_id AS id,
    ${ofNewest('country')} AS country,
    ${ofNewest('device_type')} AS deviceType,
    ${ofNewest('browser')} AS browser,
    ${ofNewest('os')} AS os,
    ${ofNewest('source')} AS source,
    ${ofNewest('channel')} AS channel,
    ${ofNewest('referrer')} AS referrer,
    ${ofNewest('concat(entry_origin, entry_path)')} AS landingPage,
    max(${BEGAN_MS}) AS visitedAt,
    toUnixTimestamp64Milli(max(ended_at)) AS lastSeen,
    count() AS visits,
    sum(v.pageviews) AS pageviews,
    sum(lasted_ms) AS spent_ms,
    sum(v.goals) AS goals,
    sum(v.revenues) AS revenues,
    groupUniqArray(v.channel) AS channels
  FROM (${visits}) AS v WHERE ${where} GROUP BY id ORDER BY visitedAt DESC, id DESC`

/**
 * Builds a query for the visitors of selected visits in the scope. The subquery `selected` returns the
 * hashes of these visits.
 */
const selectedVisitorsSql = (scope: RollupScope, selected: string) =>
  visitorsSql(buildVisitsSql(scope).sql, `${VISIT} IN (${selected})`)

export async function queryVisitors(
  client: QueryClient,
  scope: RollupScope,
  { limit, offset, after }: Slice & { after?: VisitorCursor },
): Promise<VisitorRow[]> {
  const { visits, params } = buildScopeSql(scope)
  const page = `
    SELECT visitor_id, max(${BEGAN_MS}) AS visited_at, groupArray(${VISIT}) AS selected FROM ${visits} GROUP BY visitor_id
    ${after ? 'HAVING (visited_at, visitor_id) < ({afterTime: Int64}, {afterId: String})' : ''}
    ORDER BY visited_at DESC, visitor_id DESC LIMIT {limit: UInt32} OFFSET {offset: UInt32}`
  const rows = await client.select<Row>(
    selectedVisitorsSql(scope, `SELECT arrayJoin(selected) FROM (${page})`),
    {
      ...params,
      limit,
      offset,
      ...(after && { afterTime: after.visitedAt, afterId: after.id }),
    },
  )
  return rows.map(toVisitor)
}

export async function queryVisitor(
  client: QueryClient,
  scope: RollupScope,
  visitorId: string,
): Promise<VisitorRow | undefined> {
  const { visits, params } = buildScopeSql(scope)
  const isVisitor = 'visitor_id = {visitorId: String}'
  const rows = await client.select<Row>(
    selectedVisitorsSql(
      scope,
      `SELECT ${VISIT} FROM ${visits} WHERE ${isVisitor} AND ${visitsWith(isVisitor)}`,
    ),
    { ...params, visitorId },
  )
  return rows.map(toVisitor)[0]
}

/** Returns the visitors with these IDs that have a visit in the period. */
export async function queryVisitorsById(
  client: QueryClient,
  { siteId, visitorIds, period }: { siteId: string; visitorIds: readonly string[]; period: Period },
): Promise<VisitorRow[]> {
  const isVisitor = 'visitor_id IN {visitorIds: Array(String)}'
  const rows = await client.select<Row>(
    visitorsSql(visitsBetween('from', 'to', ofSessionsWith(isVisitor)), isVisitor),
    { siteId, visitorIds, ...period },
  )
  return rows.map(toVisitor)
}

function toVisitor({ spent_ms, goals, revenues, channels, ...visitor }: Row): VisitorRow {
  const valueParts = scoreVisitor({ ...visitor, spent_ms, goals, revenues, channels })
  return {
    ...visitor,
    valueScore: Object.values<number>({ ...valueParts }).reduce((sum, part) => sum + part, 0),
    valueParts,
  }
}

/** Totals of a visitor's activity over all visits in a report. */
interface VisitorSums {
  visits: number
  pageviews: number
  spent_ms: number
  goals: number
  revenues: number
  channels: string[]
}

const MS_PER_POINT = 30_000
const CHANNEL_POINTS: Record<string, number> = {
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

/** Computes the parts of a visitor's value score. The rules are documented in docs/metrics.md. */
function scoreVisitor({ visits, pageviews, spent_ms, goals, revenues, channels }: VisitorSums): ValueParts {
  return {
    pages: Math.min(20, 2 * pageviews),
    engagement: Math.min(20, Math.floor(spent_ms / MS_PER_POINT)),
    returns: Math.min(15, 5 * (visits - 1)),
    source: Math.max(...channels.map((channel) => CHANNEL_POINTS[channel] ?? 0)),
    goals: Math.min(20, 10 * goals),
    revenue: revenues > 0 ? 15 : 0,
  }
}
