import { randomInt } from 'node:crypto'
import { SECOND_MS } from '../../durations.js'
import type { EventRow, HeartbeatRow } from '../../ingest/event-row.js'
import {
  type CookielessSession,
  eventKey,
  type EventStore,
  type FeedEvent,
  type FeedPosition,
  type StoredVersion,
} from '../../ingest/event-store.js'
import { createStoreClient, splitParameter } from './client.js'
import { createDeletion } from './deletion.js'
import { createRowEncoder } from './encode-rows.js'
import { EVENT_COLUMNS, HEARTBEAT_COLUMNS, WRITER_COLUMN } from './event-columns.js'
import {
  DUPLICATES,
  FEED_EVENTS,
  FIRST_COPIES,
  IS_DUPLICATE,
  LAST_BLOCKS,
  LAST_POSITION,
  LIVE_VISITORS,
  NEWEST_RECEIPT,
  RECENT_EVENTS,
  RECENT_SESSIONS,
  STORED_EVENTS,
  TWO_TO_42,
} from './queries/stored-events.js'
import { invalidateAround } from './rollups/invalidate.js'
import { migrateEvents } from './schema.js'
import type { StoreServer } from './store-server.js'

type EventStoreOptions = StoreServer & {
  /** Maximum duration of one statement in milliseconds. */
  timeoutMs?: number
}

const TIMEOUT_MS = 30 * SECOND_MS
const MAX_UINT32 = 2 ** 32 - 1
// Length of the texts in a page of the feed. Many streams may read a page at the same time.
const FEED_PAGE_BYTES = 256 * 1024
// A statement with 500 IDs is about 30 KB long.
const MAX_DUPLICATES_AT_ONCE = 500

interface FingerprintRow {
  site_id: string
  event_id: string
  fingerprint: number
}

/**
 * Opens the event store on ClickHouse, embedded or remote, and creates missing tables and columns. Rejects if
 * the server cannot be reached.
 */
export async function createClickhouseEventStore({
  timeoutMs = TIMEOUT_MS,
  ...server
}: EventStoreOptions): Promise<EventStore> {
  await migrateEvents(server, timeoutMs)
  const client = createStoreClient({ ...server, purpose: 'ingest', timeoutMs })
  const { select } = client
  const events = createRowEncoder<EventRow>(EVENT_COLUMNS, {
    writer: { ...WRITER_COLUMN, value: randomInt(MAX_UINT32) },
  })
  const heartbeats = createRowEncoder<HeartbeatRow>(HEARTBEAT_COLUMNS)
  const deleteRows = createDeletion(client)

  /**
   * Finds the first copy of every event that is stored more than once. Resolves to a map from
   * {@link firstCopyKey} to the number of the insert that wrote this copy (its block number).
   */
  async function findFirstBlocks(siteId: string, rows: FeedEvent[], since: number) {
    const blocks = new Map<string, number>()
    for (const eventIds of splitParameter(new Set(rows.map(({ eventId }) => eventId))))
      for (const copied of await select<Pick<FeedEvent, 'eventId' | 'hash' | 'block'>>(FIRST_COPIES, {
        siteId,
        eventIds,
        since,
      }))
        blocks.set(firstCopyKey(copied), copied.block)
    return blocks
  }

  return {
    insertEvents: (rows, batchId, signal) =>
      client.insert({
        table: 'events',
        columns: events.columns,
        rows: events.encode(rows),
        batchId,
        signal,
      }),
    insertHeartbeats: (rows, batchId, signal) =>
      client.insert({
        table: 'heartbeats',
        columns: heartbeats.columns,
        rows: heartbeats.encode(rows),
        batchId,
        signal,
      }),
    async findStored(keys, since, signal) {
      const siteIds = [...new Set(keys.map((key) => key.siteId))]
      const stored = new Map<string, StoredVersion[]>()
      for (const eventIds of splitParameter(new Set(keys.map((key) => key.eventId))))
        for (const { site_id, event_id, ...version } of await select<
          Omit<FingerprintRow, 'fingerprint'> & StoredVersion
        >(STORED_EVENTS, { siteIds, eventIds, since }, signal)) {
          const key = eventKey(site_id, event_id)
          stored.set(key, [...(stored.get(key) ?? []), version])
        }
      return stored
    },
    async recentEvents(since, limit) {
      const rows = await select<FingerprintRow>(RECENT_EVENTS, { since, limit })
      return rows
        .map(({ site_id, event_id, fingerprint }) => ({ key: eventKey(site_id, event_id), fingerprint }))
        .reverse()
    },
    async newestReceipt(since) {
      const [row] = await select<{ newest: number }>(NEWEST_RECEIPT, { since })
      return row!.newest
    },
    async deleteDuplicates(since) {
      const rows = await select<{ copy: string }>(DUPLICATES, { since, limit: MAX_DUPLICATES_AT_ONCE })
      const params = { since, copies: rows.map(({ copy }) => copy) }
      if (rows.length > 0)
        await invalidateAround(client, { where: IS_DUPLICATE, params }, () =>
          client.command(`DELETE FROM events WHERE ${IS_DUPLICATE}`, params),
        )
      return rows.length
    },
    async recentSessions(since, limit) {
      const rows = await select<CookielessSession>(RECENT_SESSIONS, { since, limit })
      return rows.reverse()
    },
    async eventsSince(siteId, { after, since, limit }) {
      const { block, receivedAt, hash } = after
      const position = { block, receivedAt, hash }
      const rows = await select<FeedEvent & { pageSize: number }>(FEED_EVENTS, {
        siteId,
        ...position,
        since,
        limit,
        maxBytes: FEED_PAGE_BYTES,
      })
      const firstBlocks = await findFirstBlocks(siteId, rows, since)
      const isFirst = (row: FeedEvent) => row.block === (firstBlocks.get(firstCopyKey(row)) ?? row.block)
      const { pageSize } = rows[0] ?? { pageSize: 0 }
      const isMore = pageSize === limit || rows.length < pageSize
      return { events: rows.filter(isFirst), end: rows.at(-1) ?? after, isMore }
    },
    async lastPosition(siteId, since) {
      const [position] = await select<FeedPosition>(LAST_POSITION, { siteId, since })
      return position
    },
    async lastBlocks(siteIds, since) {
      const blocks = new Map<string, number>()
      for (const part of splitParameter(siteIds))
        for (const row of await select<{ siteId: string; block: number }>(LAST_BLOCKS, {
          siteIds: part,
          since,
        }))
          blocks.set(row.siteId, row.block)
      return blocks
    },
    async countVisitorsSince(siteIds, since, signal) {
      const counts = new Map(siteIds.map((siteId) => [siteId, 0]))
      for (const part of splitParameter(siteIds))
        for (const row of await select<{ siteId: string; visitors: number }>(
          LIVE_VISITORS,
          { siteIds: part, since },
          signal,
        ))
          counts.set(row.siteId, row.visitors)
      return counts
    },
    delete: deleteRows,
    isReachable: () => client.ping(),
    close: () => client.close(),
  }
}

function firstCopyKey({ hash, eventId }: Pick<FeedEvent, 'hash' | 'eventId'>): string {
  return `${hash % TWO_TO_42} ${eventId}`
}
