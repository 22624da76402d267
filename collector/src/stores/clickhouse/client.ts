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
import type { EngineUser } from '../engine/engine-address.js'
import { connectTo, credentialsFor, type StoreServer } from './store-server.js'

type Params = Record<string, unknown>

/**
 * Runs SELECT statements. Values are bound as parameters, written `{name: Type}` in the SQL. 64-bit integers
 * are returned as numbers.
 */
export interface QueryClient {
  select<Row>(sql: string, params?: Params, signal?: AbortSignal): Promise<Row[]>
}

/** A connection pool to one ClickHouse server, embedded or remote. */
export interface StoreClient extends QueryClient {
  /** Runs a statement that returns no rows. */
  command(sql: string, params?: Params): Promise<void>
  /**
   * Resolves when the rows are on disk. Rejects with a {@link NotStoredError} if the server rejected the
   * rows.
   */
  insert(batch: Batch): Promise<void>
  /** Checks whether the server answers within {@link PING_TIMEOUT_MS}. */
  ping(): Promise<boolean>
  close(): Promise<void>
}

interface Batch {
  table: string
  columns: readonly string[]
  /** The rows, encoded as RowBinary. */
  rows: Buffer
  /** Deduplication token. A batch that is inserted again with the same token is stored only once. */
  batchId: string
  signal?: AbortSignal | undefined
}

interface Profile {
  /** User of the embedded engine. */
  user: EngineUser
  timeoutMs: number
  /** Maximum number of connections. Further statements wait for a free connection. */
  maxConnections: number
  settings: ClickHouseSettings
  /**
   * Whether failures that a retry may fix are converted to `STORE_UNAVAILABLE`. If false, all errors keep
   * their original message.
   */
  mapsErrors: boolean
}

const READ_ONLY: ClickHouseSettings = {
  readonly: '1',
  // Cancel queries whose HTTP client has disconnected.
  cancel_http_readonly_queries_on_client_close: 1,
}

const REPORT_SETTINGS: ClickHouseSettings = {
  ...READ_ONLY,
  max_memory_usage: '450000000',
  // Aggregations and sorts that exceed these limits use the disk.
  max_bytes_before_external_group_by: '300000000',
  max_bytes_before_external_sort: '300000000',
  max_result_rows: '100000',
}

/**
 * Limits for each purpose. The embedded engine has 2 GB of memory, and reports and background queries must
 * always leave enough of it for ingest.
 */
const PROFILES = {
  ingest: {
    user: 'collector',
    timeoutMs: 30 * SECOND_MS,
    maxConnections: 16,
    settings: {},
    mapsErrors: true,
  },
  reports: {
    user: 'collector',
    timeoutMs: 30 * SECOND_MS,
    maxConnections: 4,
    settings: REPORT_SETTINGS,
    mapsErrors: true,
  },
  // Background queries run on one CPU core each.
  activity: {
    user: 'collector',
    timeoutMs: 30 * SECOND_MS,
    maxConnections: 1,
    settings: { ...REPORT_SETTINGS, max_threads: 1 },
    mapsErrors: true,
  },
  alerts: {
    user: 'collector',
    timeoutMs: 10 * SECOND_MS,
    // Two accounts evaluate their alerts side by side, so that the slow query of one does not block the others.
    maxConnections: 2,
    settings: { ...READ_ONLY, max_threads: 1, max_memory_usage: '200000000' },
    mapsErrors: true,
  },
  rollups: {
    user: 'collector',
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
  // Backups need a long timeout, because the server sends no response until the whole backup is written.
  maintenance: {
    user: 'maintenance',
    timeoutMs: DAY_MS,
    maxConnections: 10,
    settings: {},
    mapsErrors: false,
  },
} as const satisfies Record<string, Profile>

type ClientOptions = StoreServer & {
  purpose: keyof typeof PROFILES
  /** Maximum duration of one statement in milliseconds. @default the timeout of the purpose */
  timeoutMs?: number | undefined
}

const PING_TIMEOUT_MS = 2 * SECOND_MS

/** Creates a client with the limits of its purpose. The client connects when it runs its first statement. */
export function createStoreClient({ purpose, timeoutMs, ...server }: ClientOptions): StoreClient {
  const profile: Profile = PROFILES[purpose]
  const limitMs = timeoutMs ?? profile.timeoutMs
  const client = createClient({
    ...connectTo(server, profile.maxConnections),
    request_timeout: limitMs,
    max_open_connections: profile.maxConnections,
    use_multipart_params_auto: true,
    // Disable the client's log because its messages may quote rows.
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      max_execution_time: Math.ceil(limitMs / SECOND_MS),
      output_format_json_quote_64bit_integers: 0,
      ...profile.settings,
    },
  })
  const credentials = () => credentialsFor(server, profile.user)
  const mapError = (error: unknown) => (profile.mapsErrors ? explainUnavailable(error) : error)
  return {
    async select<Row>(query: string, query_params: Params = {}, signal?: AbortSignal) {
      try {
        const abort = signal && { abort_signal: signal }
        const result = await client.query({
          query,
          query_params,
          format: 'JSONEachRow',
          ...abort,
          ...credentials(),
        })
        return await result.json<Row>()
      } catch (error) {
        throw mapError(error)
      }
    },
    async command(query, query_params = {}) {
      try {
        await client.command({ query, query_params, ...credentials() })
      } catch (error) {
        throw mapError(error)
      }
    },
    insert: async (batch) => insertBatch(client, batch, credentials()),
    ping: async () =>
      (await client.ping({ select: false, abort_signal: AbortSignal.timeout(PING_TIMEOUT_MS) })).success,
    close: () => client.close(),
  }
}

async function insertBatch(
  client: ClickHouseClient,
  { table, columns, rows, batchId, signal }: Batch,
  credentials: ReturnType<typeof credentialsFor>,
): Promise<void> {
  const inserted = client.exec({
    query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT RowBinary`,
    values: Readable.from([rows]),
    ...(signal && { abort_signal: signal }),
    ...credentials,
    // Insert each batch synchronously, so that a response means that the rows are written.
    clickhouse_settings: {
      async_insert: 0,
      wait_end_of_query: 1,
      insert_deduplicate: 1,
      insert_deduplication_token: batchId,
    },
  })
  const { stream } = await inserted.catch((error: unknown) => {
    // Include only the error type and code, because the server's message may quote the rejected rows and
    // error messages are logged.
    throw error instanceof ClickHouseError
      ? new NotStoredError(`${error.type ?? 'ClickHouse error'} (${error.code})`, { cause: error })
      : error
  })
  // The response body is empty, but it must be read to its end to free the connection.
  stream.resume()
}

// ClickHouse error codes for a query timeout (159), too many concurrent queries (202), exhausted memory
// (241), a full disk (243), and failed disk reads (74) and writes (75).
const BUSY_CODES = new Set(['159', '202', '241', '243', '74', '75'])

/**
 * Returns `STORE_UNAVAILABLE` if the server cannot be reached or is overloaded, because a retry may then
 * succeed. Other server errors are bugs and are returned unchanged.
 */
export function explainUnavailable(error: unknown): unknown {
  if (error instanceof ClickHouseError && !BUSY_CODES.has(error.code)) return error
  return storeUnavailable({ cause: error })
}

/**
 * Builds the SQL expression for a time. The statement parameter `param` contains the Unix time in
 * milliseconds, to which `offsetMs` is added.
 */
export function momentSql(param: string, offsetMs = 0): string {
  const offset = offsetMs === 0 ? '' : ` ${offsetMs < 0 ? '-' : '+'} ${Math.abs(offsetMs)}`
  return `fromUnixTimestamp64Milli({${param}: Int64}${offset}, 'UTC')`
}

/**
 * Reads the server's clock as Unix time in milliseconds. Collectors that share a store use its clock because
 * their own clocks may differ.
 */
export async function readStoreClock(client: QueryClient): Promise<number> {
  const [clock] = await client.select<{ now: number }>('SELECT toUnixTimestamp64Milli(now64(3)) AS now')
  return clock!.now
}

// ClickHouse accepts at most 128 KiB in one parameter.
const MAX_PARAMETER_BYTES = 120_000
// Each text needs three bytes for its quotes and comma. Each UTF-16 code unit needs at most three bytes,
// whether it is escaped or encoded as UTF-8.
const BYTES_PER_TEXT = 3
const BYTES_PER_UNIT = 3

/** Splits texts into arrays that each fit into one statement parameter. */
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
