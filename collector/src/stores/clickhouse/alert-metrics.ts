import type { MetricSource, WindowMetrics } from '../../alerts/metric-source.js'
import { createStoreClient, momentSql } from './client.js'
import { REVENUE_AMOUNT, REVENUE_CURRENCY, WITH_AMOUNT } from './queries/visit-metrics.js'

const RECEIVED = `site_id = {siteId: String} AND received_at >= ${momentSql('from')} AND received_at < ${momentSql('to')}`
// This condition reduces the number of rows that the engine reads. Events arrive at most a week late, so
// events that occurred more than 8 days before the window cannot have been received in it.
const NOT_OLDER = `occurred_at >= ${momentSql('from')} - INTERVAL 8 DAY`

const WINDOW_METRICS = `
  SELECT
    uniqExact(visitor_id) AS visitors,
    uniqExact(session_id) AS visits,
    countIf(event_type = 'pageview') AS pageviews,
    countIf(event_type IN ('custom', 'goal')) AS events,
    countIf(event_type = 'goal') AS goals,
    countIf(event_type = 'error') AS errors
  FROM events WHERE ${RECEIVED} AND ${NOT_OLDER}`

const WINDOW_REVENUE = `
  SELECT ifNotFinite(sumIf(${REVENUE_AMOUNT}, ${WITH_AMOUNT} AND ${REVENUE_CURRENCY} = {currency: String}), 0) AS revenue, uniqExact(visitor_id) AS visitors
  FROM events WHERE ${RECEIVED} AND ${NOT_OLDER}`

const WINDOW_LIVE = `
  SELECT uniqExact(visitor_id) AS visitors FROM (
    SELECT visitor_id FROM events WHERE ${RECEIVED} AND ${NOT_OLDER}
    UNION ALL
    SELECT visitor_id FROM heartbeats WHERE ${RECEIVED}
  )`

/** Opens the metric source for alerts. The tables of the event store must already exist. */
export function createClickhouseMetricSource({
  url,
}: {
  url: string
}): MetricSource & { close(): Promise<void> } {
  const client = createStoreClient({ url, purpose: 'alerts' })
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
