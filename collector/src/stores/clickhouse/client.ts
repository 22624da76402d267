import { Readable } from 'node:stream'
import {
  type ClickHouseClient,
  ClickHouseError,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
} from '@clickhouse/client'
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../durations.js'
import { NotStoredError, storeUnavailable } from '../../errors.js'

type Params = Record<string, unknown>

/**
 * Runs SELECT statements. Values are bound parameters, `{name: Type}` in the SQL; 64-bit integers come back
 * as numbers.
 */
export interface QueryClient {
  select<Row>(sql: string, params?: Params, signal?: AbortSignal): Promise<Row[]>
}

/** A connection pool to one ClickHouse, embedded or remote. */
export interface StoreClient extends QueryClient {
  /** Runs a statement that returns no rows. */
  command(sql: string, params?: Params): Promise<void>
  /**
   * Resolves when the rows are on disk; rejects with a {@link NotStoredError} when the server refused them.
   */
  insert(batch: Batch): Promise<void>
  /** Whether the server answers within {@link PING_TIMEOUT_MS}. */
  ping(): Promise<boolean>
  close(): Promise<void>
}

interface Batch {
  table: string
  columns: readonly string[]
  /** The rows as RowBinary. */
  rows: Buffer
  /** Deduplication token: repeating a batch with it is harmless. */
  batchId: string
  signal?: AbortSignal | undefined
}

interface Profile {
  timeoutMs: number
  /** Maximum number of connections; further statements wait. */
  maxConnections: number
  settings: ClickHouseSettings
  /**
   * Whether failures become `STORE_UNAVAILABLE`. Without it they keep their message, for a log or the
   * terminal.
   */
  mapsErrors: boolean
}

const READ_ONLY: ClickHouseSettings = {
  readonly: '1',
  // Abandon queries whose client is gone.
  cancel_http_readonly_queries_on_client_close: 1,
}

const REPORT_SETTINGS: ClickHouseSettings = {
  ...READ_ONLY,
  max_memory_usage: '450000000',
  // Larger aggregations and sorts spill to disk.
  max_bytes_before_external_group_by: '300000000',
  max_bytes_before_external_sort: '300000000',
  max_result_rows: '100000',
}

/** Limits by purpose. The embedded engine has 2 GB of memory, and ingest must always get its share of it. */
const PROFILES = {
  ingest: { timeoutMs: 30 * SECOND_MS, maxConnections: 16, settings: {}, mapsErrors: true },
  reports: { timeoutMs: 30 * SECOND_MS, maxConnections: 4, settings: REPORT_SETTINGS, mapsErrors: true },
  // Background queries run one at a time, on one core.
  activity: {
    timeoutMs: 30 * SECOND_MS,
    maxConnections: 1,
    settings: { ...REPORT_SETTINGS, max_threads: 1 },
    mapsErrors: true,
  },
  alerts: {
    timeoutMs: 10 * SECOND_MS,
    maxConnections: 1,
    settings: { ...READ_ONLY, max_threads: 1, max_memory_usage: '200000000' },
    mapsErrors: true,
  },
  rollups: {
    timeoutMs: 10 * MINUTE_MS,
    maxConnections: 10,
    settings: {
      max_threads: 1,
      max_memory_usage: '600000000',
      max_bytes_before_external_group_by: '250000000',
      max_bytes_before_external_sort: '250000000',
    },
    mapsErrors: false,
  },
  // This is for the schema and backups. The server sends nothing until a whole backup is written.
  maintenance: { timeoutMs: DAY_MS, maxConnections: 10, settings: {}, mapsErrors: false },
} as const satisfies Record<string, Profile>

interface ClientOptions {
  /** The URL of the server, with user, password and database where it requires them. */
  url: string
  purpose: keyof typeof PROFILES
  /** Maximum duration of one statement. @default that of the purpose */
  timeoutMs?: number | undefined
}

const PING_TIMEOUT_MS = 2 * SECOND_MS

/** Opens a client with the limits of its purpose. Connects with the first statement. */
export function createStoreClient({ url, purpose, timeoutMs }: ClientOptions): StoreClient {
  const profile: Profile = PROFILES[purpose]
  const limitMs = timeoutMs ?? profile.timeoutMs
  const client = createClient({
    url,
    request_timeout: limitMs,
    max_open_connections: profile.maxConnections,
    use_multipart_params_auto: true,
    // The client's log messages may quote rows.
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      max_execution_time: Math.ceil(limitMs / SECOND_MS),
      output_format_json_quote_64bit_integers: 0,
      ...profile.settings,
    },
  })
  const mapError = (error: unknown) => (profile.mapsErrors ? explainUnavailable(error) : error)
  return {
    async select<Row>(query: string, query_params: Params = {}, signal?: AbortSignal) {
      try {
        const abort = signal && { abort_signal: signal }
        const result = await client.query({ query, query_params, format: 'JSONEachRow', ...abort })
        return await result.json<Row>()
      } catch (error) {
        throw mapError(error)
      }
    },
    async command(query, query_params = {}) {
      try {
        await client.command({ query, query_params })
      } catch (error) {
        throw mapError(error)
      }
    },
    insert: (batch) => insertBatch(client, batch),
    ping: async () =>
      (await client.ping({ select: false, abort_signal: AbortSignal.timeout(PING_TIMEOUT_MS) })).success,
    close: () => client.close(),
  }
}

async function insertBatch(
  client: ClickHouseClient,
  { table, columns, rows, batchId, signal }: Batch,
): Promise<void> {
  const inserted = client.exec({
    query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT RowBinary`,
    values: Readable.from([rows]),
    ...(signal && { abort_signal: signal }),
    // Each batch is one synchronous insert: the answer means that it is written.
    clickhouse_settings: {
      async_insert: 0,
      wait_end_of_query: 1,
      insert_deduplicate: 1,
      insert_deduplication_token: batchId,
    },
  })
  const { stream } = await inserted.catch((error: unknown) => {
    // The message may quote the refused rows, and messages are logged.
    throw error instanceof ClickHouseError
      ? new NotStoredError(`${error.type ?? 'ClickHouse error'} (${error.code})`, { cause: error })
      : error
  })
  // The body is empty, but must be read to its end to free the connection.
  stream.resume()
}

// Timeout, too many concurrent queries, out of memory, and the three codes of a full disk.
const BUSY_CODES = new Set(['159', '202', '241', '243', '74', '75'])

/**
 * Returns `STORE_UNAVAILABLE` when the server is away or overloaded, so that a retry may succeed. Other
 * server errors are bugs and stay as they are.
 */
export function explainUnavailable(error: unknown): unknown {
  if (error instanceof ClickHouseError && !BUSY_CODES.has(error.code)) return error
  return storeUnavailable({ cause: error })
}

/** SQL of a moment that is bound as a parameter, ms since the epoch; shifted by `offsetMs`. */
export function momentSql(param: string, offsetMs = 0): string {
  const offset = offsetMs === 0 ? '' : ` ${offsetMs < 0 ? '-' : '+'} ${Math.abs(offsetMs)}`
  return `fromUnixTimestamp64Milli({${param}: Int64}${offset}, 'UTC')`
}

/** The server's clock, ms since the epoch: collectors that share a store use one clock. */
export async function readStoreClock(client: QueryClient): Promise<number> {
  const [clock] = await client.select<{ now: number }>('SELECT toUnixTimestamp64Milli(now64(3)) AS now')
  return clock!.now
}

// ClickHouse accepts 128 KiB in one parameter.
const MAX_PARAMETER_BYTES = 120_000
// Quotes and comma, then at most three bytes for each UTF-16 unit, escaped or encoded.
const BYTES_PER_TEXT = 3
const BYTES_PER_UNIT = 3

/** Splits texts into arrays that each fit into one parameter of a statement. */
export function* splitParameter(texts: Iterable<string>): Generator<string[]> {
  let part: string[] = []
  let bytes = 0
  for (const text of texts) {
    const size = BYTES_PER_TEXT + text.length * BYTES_PER_UNIT
    if (bytes + size > MAX_PARAMETER_BYTES && part.length > 0) {
      yield part
      part = []
      bytes = 0
    }
    part.push(text)
    bytes += size
  }
  if (part.length > 0) yield part
}
