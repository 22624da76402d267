import type { RankedRow, Slice, VisitField, VisitMetrics } from '../../../reports/report-store.js'
import type { QueryClient } from '../client.js'
import type { RollupScope } from '../rollups/period.js'
import { BEGAN_MS, buildScopeSql, type ScopeSql } from './visits.js'

/** A visit with this engaged time is engaged, even if it has one pageview and no action. */
const ENGAGED_VISIT_MS = 10_000

/** Condition for visits whose engaged time is known. */
const IS_MEASURED = 'engagements > 0 AND pageviews > 0'

/** Builds the integer columns from which {@link toVisitMetrics} computes the rates and averages. */
const metricColumns = ({ countVisitors }: ScopeSql) => `
    ${countVisitors()} AS visitors,
    count() AS visits,
    sum(pageviews) AS views,
    countIf(pageviews > 0) AS entered,
    countIf(bounced) AS bounces,
    sumIf(lasted_ms, pageviews > 0) AS spent_ms,
    countIf(${IS_MEASURED}) AS measured,
    countIf(${IS_MEASURED} AND (v.engaged_ms >= ${ENGAGED_VISIT_MS} OR pageviews > 1 OR actions > 0)) AS engaged,
    sumIf(v.engaged_ms, ${IS_MEASURED}) AS engaged_ms`

interface MetricRow {
  visitors: number
  visits: number
  views: number
  entered: number
  bounces: number
  spent_ms: number
  /** Number of visits whose engaged time is known. */
  measured: number
  engaged: number
  engaged_ms: number
}

function toVisitMetrics({
  visitors,
  visits,
  views,
  entered,
  bounces,
  spent_ms,
  measured,
  engaged,
  engaged_ms,
}: MetricRow): VisitMetrics {
  return {
    visitors,
    visits,
    pageviews: views,
    bounceRate: percentageOf(bounces, entered),
    averageDuration: averageSeconds(spent_ms, entered),
    engagedRate: percentageOf(engaged, measured),
    averageEngagedTime: averageSeconds(engaged_ms, measured),
  }
}

/** Computes a percentage with one decimal place, rounded half up. Returns null if `whole` is 0. */
export function percentageOf(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((1000 * part) / whole) / 10
}

/**
 * Computes the average number of seconds with one decimal place, rounded half up. Returns null if `count` is 0.
 */
export function averageSeconds(ms: number, count: number): number | null {
  return count === 0 ? null : Math.round(ms / count / 100) / 10
}

export async function querySummary(client: QueryClient, scope: RollupScope): Promise<VisitMetrics> {
  const scopeSql = buildScopeSql(scope)
  const [row] = await client.select<MetricRow>(
    `SELECT ${metricColumns(scopeSql)} FROM ${scopeSql.visits} AS v`,
    scopeSql.params,
  )
  return toVisitMetrics(row!)
}

const NO_VISITS: MetricRow = {
  visitors: 0,
  visits: 0,
  views: 0,
  entered: 0,
  bounces: 0,
  spent_ms: 0,
  measured: 0,
  engaged: 0,
  engaged_ms: 0,
}

export async function queryTimeline(
  client: QueryClient,
  scope: RollupScope,
  starts: readonly number[],
): Promise<VisitMetrics[]> {
  const scopeSql = buildScopeSql(scope)
  const rows = await client.select<MetricRow & { start: number }>(
    `SELECT roundDown(${BEGAN_MS}, {starts: Array(Int64)}) AS start, ${metricColumns(scopeSql)} FROM ${scopeSql.visits} AS v GROUP BY start`,
    { ...scopeSql.params, starts },
  )
  const byStart = new Map(rows.map((row) => [row.start, row]))
  return starts.map((start) => toVisitMetrics(byStart.get(start) ?? NO_VISITS))
}

export async function queryRanking(
  client: QueryClient,
  { scope, field, slice }: { scope: RollupScope; field: VisitField; slice: Slice },
): Promise<RankedRow[]> {
  const scopeSql = buildScopeSql(scope)
  const rows = await client.select<MetricRow & { name: string }>(
    `SELECT {field: Identifier} AS name, ${metricColumns(scopeSql)} FROM ${scopeSql.visits} AS v
     GROUP BY name ORDER BY visitors DESC, visits DESC, name LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...scopeSql.params, ...slice, field },
  )
  return rows.map((row) => ({ name: row.name, ...toVisitMetrics(row) }))
}
