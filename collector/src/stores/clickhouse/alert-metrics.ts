import type { MetricSource, WindowMetrics } from '../../alerts/metric-source.js'
import { createStoreClient, momentSql } from './client.js'
import { REVENUE_CURRENCY } from './queries/revenue.js'
import { WITH_AMOUNT } from './queries/visits.js'
import type { StoreServer } from './store-server.js'

const between = (time: string) =>
  `site_id = {siteId: String} AND ${time} >= ${momentSql('from')} AND ${time} < ${momentSql('to')}`
const OCCURRED = between('occurred_at')

const WINDOW_METRICS = `
  SELECT
    uniqExact(visitor_id) AS visitors,
    uniqExact(session_id) AS visits,
    countIf(event_type = 'pageview') AS pageviews,
    countIf(event_type IN ('custom', 'goal')) AS events,
    countIf(event_type = 'goal') AS goals,
    countIf(event_type = 'error') AS errors
  FROM events WHERE ${OCCURRED}`

const WINDOW_REVENUE = `
  SELECT sumIf(JSONExtractFloat(properties, 'amount'), ${WITH_AMOUNT} AND ${REVENUE_CURRENCY} = {currency: String}) AS revenue, uniqExact(visitor_id) AS visitors
  FROM events WHERE ${OCCURRED}`

const WINDOW_LIVE = `
  SELECT uniqExact(visitor_id) AS visitors FROM (
    SELECT visitor_id FROM events WHERE ${OCCURRED}
    UNION ALL
    SELECT visitor_id FROM heartbeats WHERE ${between('received_at')}
  )`

/** Opens the metric source for alerts. The tables of the event store must already exist. */
export function createClickhouseMetricSource(server: StoreServer): MetricSource & { close(): Promise<void> } {
  const client = createStoreClient({ ...server, purpose: 'alerts' })
  const selectOne = async <Row>(sql: string, params: Record<string, unknown>): Promise<Row> => {
    const [row] = await client.select<Row>(sql, params)
    return row!
  }
  return {
    metrics: (siteId, window) => selectOne<WindowMetrics>(WINDOW_METRICS, { siteId, ...window }),
    revenue: (siteId, window, currency) => selectOne(WINDOW_REVENUE, { siteId, ...window, currency }),
    liveVisitors: async (siteId, window) =>
      (await selectOne<{ visitors: number }>(WINDOW_LIVE, { siteId, ...window })).visitors,
    close: () => client.close(),
  }
}
