import type { ReceivedRow, WatchStore } from '../watch-store.js'
import type { Ask } from './ask.js'

const moment = (name: string) => `fromUnixTimestamp64Milli({${name}: Int64}, 'UTC')`

/** Condition of the events `e` of sites that were received within a time; old ones come late, but at most a week. */
export const RECEIVED_BETWEEN = `
  e.site_id IN {siteIds: Array(String)} AND e.received_at >= ${moment('from')} AND e.received_at <= ${moment('to')} AND e.occurred_at >= ${moment('from')} - INTERVAL 8 DAY`

const COLUMNS = [
  'site_id',
  'event_id',
  'event_type',
  'event_name',
  'visitor_id',
  'session_id',
  'path',
  'referrer',
  'country',
  'device_type',
  'browser',
  'properties',
]

export function askEventsReceived(
  ask: Ask,
  { siteIds, from, until, after, limit }: Parameters<WatchStore['eventsReceived']>[0],
): Promise<ReceivedRow[]> {
  return ask<ReceivedRow>(
    `SELECT * FROM (
       SELECT ${COLUMNS.map((name) => `e.${name} AS ${name}`).join(', ')},
         toUnixTimestamp64Milli(e.occurred_at) AS occurred_at, toUnixTimestamp64Milli(e.received_at) AS received_at, bitShiftRight(cityHash64(e.site_id, e.event_id), 12) AS hash
       FROM events AS e WHERE ${RECEIVED_BETWEEN}
     ) WHERE (received_at, hash) > ({afterTime: Int64}, {afterHash: UInt64}) ORDER BY received_at, hash LIMIT {limit: UInt32}`,
    { siteIds, from, to: until, limit, afterTime: after?.received_at ?? 0, afterHash: after?.hash ?? 0 },
  )
}
