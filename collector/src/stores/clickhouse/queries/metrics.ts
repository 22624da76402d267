import type { RankedRow, RevenueRow, Slice, VisitField, VisitMetrics } from '../../../reports/report-store.js'
import type { Ask } from '../client.js'
import type { RollupScope } from '../rollups/days.js'
import { inVisits, buildScopeSql, type ScopeSql } from './scope.js'
import { BEGAN_MS, LASTED_MS } from './visits.js'

/** What figures are made of, in whole numbers: averages are made of them here, rounded in one way. */
const metricColumns = ({ countVisitors }: ScopeSql) => `
    ${countVisitors} AS visitors,
    count() AS visits,
    sum(pageviews) AS views,
    countIf(pageviews > 0) AS entered,
    countIf(bounced) AS bounces,
    sumIf(${LASTED_MS}, pageviews > 0) AS spent_ms`

interface MetricRow {
  visitors: number
  visits: number
  views: number
  entered: number
  bounces: number
  spent_ms: number
}

function toVisitMetrics({ visitors, visits, views, entered, bounces, spent_ms }: MetricRow): VisitMetrics {
  return {
    visitors,
    visits,
    pageviews: views,
    bounceRate: percentageOf(bounces, entered),
    averageDuration: averageSeconds(spent_ms, entered),
  }
}

/** One place, rounded half up; 0 of nothing. */
export function percentageOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((1000 * part) / whole) / 10
}

/** Seconds with one place, rounded half up; 0 of nothing. */
export function averageSeconds(ms: number, count: number): number {
  return count === 0 ? 0 : Math.round(ms / count / 100) / 10
}

export async function querySummary(ask: Ask, scope: RollupScope): Promise<VisitMetrics> {
  const read = buildScopeSql(scope)
  const [row] = await ask<MetricRow>(`SELECT ${metricColumns(read)} FROM ${read.visits}`, read.params)
  return toVisitMetrics(row!)
}

const NOTHING: MetricRow = { visitors: 0, visits: 0, views: 0, entered: 0, bounces: 0, spent_ms: 0 }

export async function queryTimeline(
  ask: Ask,
  scope: RollupScope,
  starts: readonly number[],
): Promise<VisitMetrics[]> {
  const read = buildScopeSql(scope)
  const rows = await ask<MetricRow & { start: number }>(
    `SELECT roundDown(${BEGAN_MS}, {starts: Array(Int64)}) AS start, ${metricColumns(read)} FROM ${read.visits} GROUP BY start`,
    { ...read.params, starts },
  )
  const byStart = new Map(rows.map((row) => [row.start, row]))
  return starts.map((start) => toVisitMetrics(byStart.get(start) ?? NOTHING))
}

export async function queryRanking(
  ask: Ask,
  { scope, field, slice }: { scope: RollupScope; field: VisitField; slice: Slice },
): Promise<RankedRow[]> {
  const read = buildScopeSql(scope)
  const rows = await ask<MetricRow & { name: string }>(
    `SELECT {field: Identifier} AS name, ${metricColumns(read)} FROM ${read.visits}
     GROUP BY name ORDER BY visitors DESC, visits DESC, name LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...read.params, ...slice, field },
  )
  return rows.map((row) => ({ name: row.name, ...toVisitMetrics(row) }))
}

// The tracker's default. What is no code of ISO 4217 has none.
export const REVENUE_CURRENCY =
  "if(JSONHas(properties, 'currency'), extract(upper(JSONExtractString(properties, 'currency')), '^[A-Z]{3}$'), 'USD')"
export const WITH_AMOUNT =
  "event_type = 'revenue' AND JSONType(properties, 'amount') IN ('Int64', 'UInt64', 'Double')"
export const REVENUE_AMOUNT = "JSONExtractFloat(properties, 'amount')"
// More than any currency has: what adding up leaves behind them is no money.
const PLACES = 4

export async function queryRevenue(ask: Ask, scope: RollupScope): Promise<RevenueRow[]> {
  const read = buildScopeSql(scope)
  const rows = await ask<Omit<RevenueRow, 'average'>>(
    `SELECT ${REVENUE_CURRENCY} AS currency, ifNotFinite(sum(${REVENUE_AMOUNT}), 0) AS total, count() AS count, uniqExact(visitor_id) AS visitors
     FROM events WHERE ${inVisits(read, WITH_AMOUNT)} GROUP BY currency ORDER BY count DESC, currency`,
    read.params,
  )
  return rows.map(({ total, ...row }) => ({ ...row, total: round(total), average: round(total / row.count) }))
}

const round = (amount: number) => Number(amount.toFixed(PLACES))
