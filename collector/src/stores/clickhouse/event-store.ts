import { randomInt } from 'node:crypto'
import { Readable } from 'node:stream'
import { ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { NotStoredError } from '../../errors.js'
import type { EventRow, HeartbeatRow } from '../../ingest/event-row.js'
import {
  type CookielessSession,
  eventKey,
  type EventStore,
  type FeedEvent,
  type FeedPosition,
} from '../../ingest/event-store.js'
import { explainUnavailable, splitParameter } from './client.js'
import { createDeletion } from './deletion.js'
import { type Column, encodeRows } from './encode-rows.js'
import { FEED_EVENTS, FIRST_COPIES, LAST_POSITION } from './queries/event-feed.js'
import {
  FIND_COPIES,
  FIND_STORED,
  IS_COPY,
  NEWEST_RECEIPT,
  RECENT_EVENTS,
  RECENT_SESSIONS,
  VISITORS_SINCE,
} from './queries/stored-events.js'
import { invalidateAround } from './rollups/invalidate.js'
import { SCHEMA_STEPS } from './schema.js'

interface ClickhouseOptions {
  /** With user, password and database where the server wants them. */
  url: string
  /** Longest time of one statement, in milliseconds. */
  timeoutMs?: number
}

const MAX_UINT32 = 2 ** 32 - 1
const PING_TIMEOUT_MS = 2_000

const EVENT_COLUMNS: readonly Column<EventRow>[] = [
  ['site_id', 'String'],
  ['received_at', 'DateTime64(3)'],
  ['occurred_at', 'DateTime64(3)'],
  ['event_id', 'String'],
  ['event_type', 'String'],
  ['event_name', 'String'],
  ['visitor_id', 'String'],
  ['session_id', 'String'],
  ['user_id', 'String'],
  ['origin', 'String'],
  ['path', 'String'],
  ['query', 'String'],
  ['referrer', 'String'],
  ['title', 'String'],
  ['device_type', 'String'],
  ['browser', 'String'],
  ['os', 'String'],
  ['language', 'String'],
  ['screen', 'String'],
  ['timezone', 'String'],
  ['properties', 'String'],
  ['cookieless', 'Bool'],
  ['gpc', 'Bool'],
  ['country', 'String'],
  ['channel', 'String'],
  ['source', 'String'],
  ['utm_source', 'String'],
  ['utm_medium', 'String'],
  ['utm_campaign', 'String'],
  ['utm_term', 'String'],
  ['utm_content', 'String'],
]
const HEARTBEAT_COLUMNS: readonly Column<HeartbeatRow>[] = [
  ['site_id', 'String'],
  ['received_at', 'DateTime64(3)'],
  ['visitor_id', 'String'],
]

// Of one statement: some 30 KB.
const MAX_COPIES = 500

interface FingerprintRow {
  site_id: string
  event_id: string
  fingerprint: number
}

/** The event store on ClickHouse, embedded or remote. Creates its tables; rejects when the server cannot be reached. */
export async function createClickhouseEventStore({
  url,
  timeoutMs = 30_000,
}: ClickhouseOptions): Promise<EventStore> {
  const client = createClient({
    url,
    request_timeout: timeoutMs,
    max_open_connections: 16,
    use_multipart_params_auto: true,
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: { max_execution_time: Math.ceil(timeoutMs / 1000) },
  })
  for (const step of SCHEMA_STEPS) await client.command({ query: step })

  // Tells copies of one event apart, which two collectors stored.
  const eventColumns: readonly Column<EventRow>[] = [
    ...EVENT_COLUMNS,
    ['writer', 'UInt32', randomInt(MAX_UINT32)],
  ]

  const insert = async <Row extends object>({
    table,
    columns,
    rows,
    batchId,
    signal,
  }: {
    table: string
    columns: readonly Column<Row>[]
    rows: readonly Row[]
    batchId: string
    signal: AbortSignal | undefined
  }) => {
    const inserted = client.exec({
      query: `INSERT INTO ${table} (${columns.map(([name]) => name).join(', ')}) FORMAT RowBinary`,
      values: Readable.from([encodeRows(columns, rows)]),
      ...(signal && { abort_signal: signal }),
      // One synchronous insert for each batch: the answer means it is written. The token makes a repeat harmless.
      clickhouse_settings: {
        async_insert: 0,
        wait_end_of_query: 1,
        insert_deduplicate: 1,
        insert_deduplication_token: batchId,
      },
    })
    const { stream } = await inserted.catch((error: unknown) => {
      // Its message may quote the rows that it refuses, and messages are logged.
      throw error instanceof ClickHouseError
        ? new NotStoredError(`${error.type ?? 'ClickHouse error'} (${error.code})`, { cause: error })
        : error
    })
    // Empty; read to its end, the connection is free for the next.
    stream.resume()
  }
  const select = async <Row>(
    query: string,
    params: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<Row[]> => {
    try {
      const result = await client.query({
        query,
        query_params: params,
        format: 'JSONEachRow',
        ...(signal && { abort_signal: signal }),
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      })
      return await result.json<Row>()
    } catch (error) {
      throw explainUnavailable(error)
    }
  }

  const deleteRows = createDeletion(client)

  return {
    insertEvents: (rows, batchId, signal) =>
      insert({ table: 'events', columns: eventColumns, rows, batchId, signal }),
    insertHeartbeats: (rows, batchId, signal) =>
      insert({ table: 'heartbeats', columns: HEARTBEAT_COLUMNS, rows, batchId, signal }),
    async findStored(keys, since, signal) {
      const siteIds = [...new Set(keys.map((key) => key.siteId))]
      const stored = new Map<string, number[]>()
      for (const eventIds of splitParameter(new Set(keys.map((key) => key.eventId))))
        for (const { site_id, event_id, fingerprint } of await select<FingerprintRow>(
          FIND_STORED,
          { siteIds, eventIds, since: since / 1000 },
          signal,
        )) {
          const key = eventKey(site_id, event_id)
          stored.set(key, [...(stored.get(key) ?? []), fingerprint])
        }
      return stored
    },
    async recentEvents(since, limit) {
      const rows = await select<FingerprintRow>(RECENT_EVENTS, { since: since / 1000, limit })
      return rows
        .map(({ site_id, event_id, fingerprint }) => ({ key: eventKey(site_id, event_id), fingerprint }))
        .reverse()
    },
    async newestReceipt(since) {
      const [row] = await select<{ newest: number }>(NEWEST_RECEIPT, { since: since / 1000 })
      return row!.newest
    },
    async deleteDuplicates(since) {
      const rows = await select<{ copy: string }>(FIND_COPIES, { since: since / 1000, limit: MAX_COPIES })
      const copies = rows.map(({ copy }) => copy)
      const params = { since: since / 1000, copies }
      if (copies.length > 0)
        await invalidateAround(client, { where: IS_COPY, params }, () =>
          client.command({ query: `DELETE FROM events WHERE ${IS_COPY}`, query_params: params }),
        )
      return copies.length
    },
    async recentSessions(since, limit) {
      const rows = await select<CookielessSession>(RECENT_SESSIONS, { since: since / 1000, limit })
      return rows.reverse()
    },
    async eventsSince(siteId, { after, since, limit }) {
      const { block, receivedAt, hash } = after
      const rows = await select<FeedEvent>(FEED_EVENTS, {
        siteId,
        block,
        receivedAt,
        hash,
        since: since / 1000,
        limit,
      })
      const firstBlocks = new Map<string, number>()
      for (const eventIds of splitParameter(new Set(rows.map(({ eventId }) => eventId))))
        for (const copied of await select<{ eventId: string; hash: number; block: number }>(FIRST_COPIES, {
          siteId,
          eventIds,
          since: since / 1000,
        }))
          firstBlocks.set(`${copied.hash} ${copied.eventId}`, copied.block)
      const isFirst = (row: FeedEvent) =>
        row.block === (firstBlocks.get(`${row.hash} ${row.eventId}`) ?? row.block)
      return { events: rows.filter(isFirst), end: rows.at(-1) ?? after, isMore: rows.length === limit }
    },
    async lastPosition(siteId, since) {
      const [position] = await select<FeedPosition>(LAST_POSITION, { siteId, since: since / 1000 })
      return position
    },
    async countVisitorsSince(siteId, since, signal) {
      const [row] = await select<{ visitors: number }>(
        VISITORS_SINCE,
        { siteId, since: since / 1000 },
        signal,
      )
      return row!.visitors
    },
    async delete(deletion) {
      try {
        return await deleteRows(deletion)
      } catch (error) {
        throw explainUnavailable(error)
      }
    },
    isReachable: async () =>
      (await client.ping({ select: false, abort_signal: AbortSignal.timeout(PING_TIMEOUT_MS) })).success,
    close: () => client.close(),
  }
}
