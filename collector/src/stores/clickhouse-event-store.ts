import { randomInt } from 'node:crypto'
import { ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { ApiError, NotStoredError } from '../errors.js'
import { createDeletion } from './clickhouse-deletion.js'
import { SCHEMA_STEPS } from './clickhouse-schema.js'
import { eventKey, type CookielessSession, type EventStore } from './event-store.js'
import type { EventRow, HeartbeatRow } from './event-row.js'
import { DAYS, DELETE_COPIES, EVENT_NAMES, FIND_COPIES, FIND_STORED, NEWEST_RECEIPT, OVERVIEW, PAGES, RECENT_EVENTS, RECENT_SESSIONS, VISITORS_SINCE } from './queries.js'
import { splitParameter } from './split-parameter.js'

export interface ClickhouseOptions {
  /** With user, password and database where the server wants them. */
  url: string
  /** Longest time of one statement, in milliseconds. */
  timeoutMs?: number
}

const MAX_UINT32 = 2 ** 32 - 1
const RETRY_AFTER_S = 5
const PING_TIMEOUT_MS = 2_000
// Time-out, too many queries at once, out of memory, disk full in its three spellings.
const BUSY_CODES = new Set(['159', '202', '241', '243', '74', '75'])

/** `writer` tells copies of one event apart, which two collectors stored. */
type WrittenRow = EventRow & { writer?: number }
type Column<Row> = [name: keyof Row & string, encode?: (value: never) => unknown]

let lastMs = NaN
let lastText = ''

/** DateTime64 as text: a bare integer would be read as seconds. Rows of one batch share few moments. */
function time(ms: number): string {
  if (ms !== lastMs) {
    lastMs = ms
    lastText = new Date(ms).toISOString().slice(0, -1).replace('T', ' ')
  }
  return lastText
}

const EVENT_COLUMNS: Column<WrittenRow>[] = [
  ['site_id'], ['received_at', time], ['occurred_at', time], ['event_id'], ['event_type'], ['event_name'], ['visitor_id'], ['session_id'], ['user_id'],
  ['origin'], ['path'], ['query'], ['referrer'], ['title'], ['device_type'], ['browser'], ['os'], ['language'], ['screen'], ['timezone'], ['properties'],
  ['cookieless'], ['gpc'], ['country'], ['channel'], ['source'], ['utm_source'], ['utm_medium'], ['utm_campaign'], ['utm_term'], ['utm_content'],
]
const HEARTBEAT_COLUMNS: Column<HeartbeatRow>[] = [['site_id'], ['received_at', time], ['visitor_id']]

// Of one statement: some 30 KB.
const MAX_COPIES = 500

interface FingerprintRow {
  site_id: string
  event_id: string
  fingerprint: number
}

/** The event store on ClickHouse, embedded or remote. Creates its tables; rejects when the server cannot be reached. */
export async function createClickhouseEventStore({ url, timeoutMs = 30_000 }: ClickhouseOptions): Promise<EventStore> {
  const client = createClient({ url, request_timeout: timeoutMs, max_open_connections: 16, use_multipart_params_auto: true, log: { level: ClickHouseLogLevel.OFF }, clickhouse_settings: { max_execution_time: Math.ceil(timeoutMs / 1000) } })
  for (const step of SCHEMA_STEPS) await client.command({ query: step })

  const writer = randomInt(MAX_UINT32)
  const eventColumns: Column<WrittenRow>[] = [...EVENT_COLUMNS, ['writer', () => writer]]

  const insert = async <Row extends object>({ table, columns, rows, batchId, signal }: { table: string; columns: Column<Row>[]; rows: Row[]; batchId: string; signal: AbortSignal | undefined }) => {
    const inserted = client.insert({
      table,
      ...(signal && { abort_signal: signal }),
      columns: columns.map<string>(([name]) => name) as [string, ...string[]],
      values: rows.map((row) => columns.map(([name, encode]) => (encode ? encode(row[name] as never) : row[name]))),
      format: 'JSONCompactEachRow',
      // One synchronous insert for each batch: the answer means it is written. The token makes a repeat harmless.
      clickhouse_settings: { async_insert: 0, wait_end_of_query: 1, insert_deduplicate: 1, insert_deduplication_token: batchId },
    })
    await inserted.catch((error: unknown) => {
      // Its message may quote the rows that it refuses, and messages are logged.
      throw error instanceof ClickHouseError ? new NotStoredError(`${error.type ?? 'ClickHouse error'} (${error.code})`, { cause: error }) : error
    })
  }
  const select = async <Row>(query: string, params: Record<string, unknown>, signal?: AbortSignal): Promise<Row[]> => {
    try {
      const result = await client.query({ query, query_params: params, format: 'JSONEachRow', ...(signal && { abort_signal: signal }), clickhouse_settings: { output_format_json_quote_64bit_integers: 0 } })
      return await result.json<Row>()
    } catch (error) {
      throw unavailable(error)
    }
  }

  const deleteRows = createDeletion(client)

  return {
    insertEvents: (rows, batchId, signal) => insert<WrittenRow>({ table: 'events', columns: eventColumns, rows, batchId, signal }),
    insertHeartbeats: (rows, batchId, signal) => insert({ table: 'heartbeats', columns: HEARTBEAT_COLUMNS, rows, batchId, signal }),
    async findStored(keys, since, signal) {
      const siteIds = [...new Set(keys.map((key) => key.siteId))]
      const stored = new Map<string, number[]>()
      for (const eventIds of splitParameter(new Set(keys.map((key) => key.eventId))))
        for (const { site_id, event_id, fingerprint } of await select<FingerprintRow>(FIND_STORED, { siteIds, eventIds, since: since / 1000 }, signal)) {
          const key = eventKey(site_id, event_id)
          stored.set(key, [...(stored.get(key) ?? []), fingerprint])
        }
      return stored
    },
    async recentEvents(since, limit) {
      const rows = await select<FingerprintRow>(RECENT_EVENTS, { since: since / 1000, limit })
      return rows.map(({ site_id, event_id, fingerprint }) => ({ key: eventKey(site_id, event_id), fingerprint })).reverse()
    },
    async newestReceipt(since) {
      const [row] = await select<{ newest: number }>(NEWEST_RECEIPT, { since: since / 1000 })
      return row!.newest
    },
    async deleteCopies(since) {
      const rows = await select<{ copy: string }>(FIND_COPIES, { since: since / 1000, limit: MAX_COPIES })
      const copies = rows.map(({ copy }) => copy)
      if (copies.length > 0) await client.command({ query: DELETE_COPIES, query_params: { since: since / 1000, copies } })
      return copies.length
    },
    async recentSessions(since, limit) {
      const rows = await select<CookielessSession>(RECENT_SESSIONS, { since: since / 1000, limit })
      return rows.reverse()
    },
    async countVisitorsSince(siteId, since, signal) {
      const [row] = await select<{ visitors: number }>(VISITORS_SINCE, { siteId, since: since / 1000 }, signal)
      return row!.visitors
    },
    async overview(siteId, { from, to }) {
      const [row] = await select<{ visitors: number; pageviews: number; bounceRate: number; averageDuration: number }>(OVERVIEW, { siteId, from: from / 1000, to: to / 1000 })
      return row!
    },
    days: (siteId, { from, to }) => select(DAYS, { siteId, from: from / 1000, to: to / 1000 }),
    pages: (siteId, { from, to }, limit) => select(PAGES, { siteId, from: from / 1000, to: to / 1000, limit }),
    eventNames: (siteId, { from, to }, limit) => select(EVENT_NAMES, { siteId, from: from / 1000, to: to / 1000, limit }),
    async delete(deletion) {
      try {
        return await deleteRows(deletion)
      } catch (error) {
        throw unavailable(error)
      }
    },
    isReachable: async () => (await client.ping({ select: false, abort_signal: AbortSignal.timeout(PING_TIMEOUT_MS) })).success,
    close: () => client.close(),
  }
}

/** The server is away or has no room now: another try may succeed. Anything else is a fault of ours. */
function unavailable(error: unknown): unknown {
  if (error instanceof ClickHouseError && !BUSY_CODES.has(error.code)) return error
  return new ApiError('STORE_UNAVAILABLE', { retryAfterS: RETRY_AFTER_S, cause: error })
}
