import {
  ClickHouseError,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
} from '@clickhouse/client'
import { ApiError } from '../../errors.js'

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

/** Asks the store in SQL, with the values of its parameters; resolves to the rows. */
export type Ask = <Row>(sql: string, params: Record<string, unknown>) => Promise<Row[]>

const RETRY_AFTER_S = 5
// Time-out, too many queries at once, out of memory, disk full in its three spellings.
const BUSY_CODES = new Set(['159', '202', '241', '243', '74', '75'])

/** `STORE_UNAVAILABLE` when the server is away or has no room now: another try may succeed. Anything else is a fault of ours, and stays what it is. */
export function explainUnavailable(error: unknown): unknown {
  if (error instanceof ClickHouseError && !BUSY_CODES.has(error.code)) return error
  return new ApiError('STORE_UNAVAILABLE', { retryAfterS: RETRY_AFTER_S, cause: error })
}

// ClickHouse takes 128 KiB in one parameter of a statement.
const MAX_BYTES = 120_000
// Quotes and comma; and of each UTF-16 unit three bytes at most, or an escaped one.
const BYTES_PER_TEXT = 3
const BYTES_PER_UNIT = 3

/** Splits texts into arrays that each fit into one parameter of a statement. */
export function* splitParameter(texts: Iterable<string>): Generator<string[]> {
  let part: string[] = []
  let bytes = 0
  for (const text of texts) {
    const size = BYTES_PER_TEXT + text.length * BYTES_PER_UNIT
    if (bytes + size > MAX_BYTES && part.length > 0) {
      yield part
      part = []
      bytes = 0
    }
    part.push(text)
    bytes += size
  }
  if (part.length > 0) yield part
}
