import { ClickHouseLogLevel, createClient, type ClickHouseSettings } from '@clickhouse/client'
import { explainUnavailable } from './explain-unavailable.js'
import type { Ask } from './queries/ask.js'

interface AskOptions {
  /** With user, password and database where the server wants them. */
  url: string
  /** Longest time of one question, in milliseconds. */
  timeoutMs: number
  /** Further ones wait. */
  questionsAtOnce: number
  /** Cores that one question may take; undefined for all. */
  threads?: number
}

const MAX_MEMORY_BYTES = 450_000_000
// Above, groups and rows to sort go to the disk.
const MAX_IN_MEMORY_BYTES = 300_000_000
const MAX_ROWS = 100_000

const LIMITS: ClickHouseSettings = {
  readonly: '1',
  // A question whose asker has gone is given up.
  cancel_http_readonly_queries_on_client_close: 1,
  max_memory_usage: String(MAX_MEMORY_BYTES),
  max_bytes_before_external_group_by: String(MAX_IN_MEMORY_BYTES),
  max_bytes_before_external_sort: String(MAX_IN_MEMORY_BYTES),
  max_result_rows: String(MAX_ROWS),
  output_format_json_quote_64bit_integers: 0,
}

/** Asks a ClickHouse within limits of memory, time and number, so that ingest has its part of the engine. */
export function createAsk({ url, timeoutMs, questionsAtOnce, threads }: AskOptions): {
  ask: Ask
  close(): Promise<void>
} {
  const client = createClient({
    url,
    request_timeout: timeoutMs,
    max_open_connections: questionsAtOnce,
    use_multipart_params_auto: true,
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      ...LIMITS,
      max_execution_time: Math.ceil(timeoutMs / 1000),
      ...(threads !== undefined && { max_threads: threads }),
    },
  })
  const ask: Ask = async <Row>(query: string, query_params: Record<string, unknown>) => {
    try {
      const result = await client.query({ query, query_params, format: 'JSONEachRow' })
      return await result.json<Row>()
    } catch (error) {
      throw explainUnavailable(error)
    }
  }
  return { ask, close: () => client.close() }
}
