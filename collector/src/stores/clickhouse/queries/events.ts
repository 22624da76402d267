import type { EventCount, PropertyCount, Slice } from '../../../reports/report-store.js'
import type { ActivityStore, ReceivedRow } from '../../../webhooks/events/activity-store.js'
import { momentSql, type QueryClient } from '../client.js'
import type { RollupScope } from '../rollups/period.js'
import { TWO_TO_42 } from './stored-events.js'
import { buildScopeSql, inVisits, plainText } from './visits.js'

const NAMED = "event_type IN ('custom', 'goal')"
// Limits the size of the result if every event has different property keys.
const MAX_PROPERTY_ROWS = 10_000

export function queryEventNames(
  client: QueryClient,
  scope: RollupScope,
  slice: Slice,
): Promise<EventCount[]> {
  const scopeSql = buildScopeSql(scope)
  return client.select<EventCount>(
    `SELECT event_name AS name, count() AS count, uniqExact(visitor_id) AS visitors FROM events WHERE ${inVisits(scopeSql, NAMED)}
     GROUP BY name ORDER BY count DESC, name LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...scopeSql.params, ...slice },
  )
}

export function queryEventProperties(
  client: QueryClient,
  { scope, name, limit }: { scope: RollupScope; name: string; limit: number },
): Promise<PropertyCount[]> {
  const scopeSql = buildScopeSql(scope)
  return client.select<PropertyCount>(
    `SELECT property.1 AS key, ${plainText('property.2')} AS value, count() AS count, uniqExact(visitor_id) AS visitors
     FROM (SELECT visitor_id, arrayJoin(JSONExtractKeysAndValuesRaw(properties)) AS property FROM events WHERE ${inVisits(scopeSql, `${NAMED} AND event_name = {name: String}`)})
     GROUP BY key, value ORDER BY count DESC, key, value LIMIT {limit: UInt32} BY key LIMIT ${MAX_PROPERTY_ROWS}`,
    { ...scopeSql.params, name, limit },
  )
}

/**
 * Condition for events `e` that the sites received from `from` to `to`, inclusive. Events arrive at most a
 * week late, so events that occurred more than 8 days before `from` need not be read.
 */
export const RECEIVED_BETWEEN = `
  e.site_id IN {siteIds: Array(String)} AND e.received_at >= ${momentSql('from')} AND e.received_at <= ${momentSql('to')} AND e.occurred_at >= ${momentSql('from')} - INTERVAL 8 DAY`

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

export function queryEventsReceived(
  client: QueryClient,
  { siteIds, from, until, after, limit }: Parameters<ActivityStore['eventsReceived']>[0],
): Promise<ReceivedRow[]> {
  return client.select<ReceivedRow>(
    `SELECT * FROM (
       SELECT ${COLUMNS.map((name) => `e.${name} AS ${name}`).join(', ')},
         toUnixTimestamp64Milli(e.occurred_at) AS occurred_at, toUnixTimestamp64Milli(e.received_at) AS received_at, least(e.position, 1023) * ${TWO_TO_42} + bitShiftRight(cityHash64(e.site_id, e.event_id), 22) AS hash
       FROM events AS e WHERE ${RECEIVED_BETWEEN}
     ) WHERE (received_at, hash) > ({afterTime: Int64}, {afterHash: UInt64}) ORDER BY received_at, hash LIMIT {limit: UInt32}`,
    { siteIds, from, to: until, limit, afterTime: after?.received_at ?? 0, afterHash: after?.hash ?? 0 },
  )
}
