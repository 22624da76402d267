import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { explainUnavailable } from './explain-unavailable.js'
import type { FigureStore, WindowFigures } from './figure-store.js'
import { WINDOW_FIGURES, WINDOW_LIVE, WINDOW_REVENUE } from './queries/window-figures.js'

const TIMEOUT_MS = 10_000
const MAX_MEMORY_BYTES = 200_000_000

/** The figure store on the tables of the event store, which must be there. One question at a time: nobody waits for the answer. */
export function createClickhouseFigureStore({
  url,
}: {
  url: string
}): FigureStore & { close(): Promise<void> } {
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
    figures: (siteId, window) => ask<WindowFigures>(WINDOW_FIGURES, { siteId, ...window }),
    revenue: (siteId, window, currency) => ask(WINDOW_REVENUE, { siteId, ...window, currency }),
    liveVisitors: async (siteId, window) =>
      (await ask<{ visitors: number }>(WINDOW_LIVE, { siteId, ...window })).visitors,
    close: () => client.close(),
  }
}
