import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { MetricSource, WindowMetrics } from '../../alerts/metric-source.js'
import { explainUnavailable } from './client.js'
import { REVENUE_AMOUNT, REVENUE_CURRENCY, WITH_AMOUNT } from './queries/metrics.js'

// Every value comes in as a bound parameter: siteId, and moments in ms since the epoch.

const moment = (name: string) => `fromUnixTimestamp64Milli({${name}: Int64}, 'UTC')`
const RECEIVED = `site_id = {siteId: String} AND received_at >= ${moment('from')} AND received_at < ${moment('to')}`
// Old events come late: what was received then happened at most a week before.
const NOT_OLDER = `occurred_at >= ${moment('from')} - INTERVAL 8 DAY`

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

const TIMEOUT_MS = 10_000
const MAX_MEMORY_BYTES = 200_000_000

/** The figure store on the tables of the event store, which must be there. One question at a time: nobody waits for the answer. */
export function createClickhouseMetricSource({
  url,
}: {
  url: string
}): MetricSource & { close(): Promise<void> } {
  const client = createClient({
    url,
    request_timeout: TIMEOUT_MS,
    max_open_connections: 1,
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      readonly: '1',
      max_threads: 1,
      max_memory_usage: String(MAX_MEMORY_BYTES),
      max_execution_time: TIMEOUT_MS / 1000,
      cancel_http_readonly_queries_on_client_close: 1,
      output_format_json_quote_64bit_integers: 0,
    },
  })
  const ask = async <Row>(query: string, query_params: Record<string, unknown>): Promise<Row> => {
    try {
      const [row] = await (await client.query({ query, query_params, format: 'JSONEachRow' })).json<Row>()
      return row!
    } catch (error) {
      throw explainUnavailable(error)
    }
  }
  return {
    metrics: (siteId, window) => ask<WindowMetrics>(WINDOW_METRICS, { siteId, ...window }),
    revenue: (siteId, window, currency) => ask(WINDOW_REVENUE, { siteId, ...window, currency }),
    liveVisitors: async (siteId, window) =>
      (await ask<{ visitors: number }>(WINDOW_LIVE, { siteId, ...window })).visitors,
    close: () => client.close(),
  }
}
