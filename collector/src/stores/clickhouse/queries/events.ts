import type { EventCount, PropertyCount, Slice } from '../../../reports/report-store.js'
import type { ReceivedRow, ActivityStore } from '../../../webhooks/events/activity-store.js'
import type { Ask } from '../client.js'
import type { RollupScope } from '../rollups/days.js'
import { inVisits, plainText, buildScopeSql } from './scope.js'

const NAMED = "event_type IN ('custom', 'goal')"
// Whoever sends a new key with every event must not fill an answer.
const MAX_PROPERTY_ROWS = 10_000

export function queryEventNames(ask: Ask, scope: RollupScope, slice: Slice): Promise<EventCount[]> {
  const read = buildScopeSql(scope)
  return ask<EventCount>(
    `SELECT event_name AS name, count() AS count, uniqExact(visitor_id) AS visitors FROM events WHERE ${inVisits(read, NAMED)}
     GROUP BY name ORDER BY count DESC, name LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...read.params, ...slice },
  )
}

export function queryEventProperties(
  ask: Ask,
  { scope, name, limit }: { scope: RollupScope; name: string; limit: number },
): Promise<PropertyCount[]> {
  const read = buildScopeSql(scope)
  return ask<PropertyCount>(
    `SELECT property.1 AS key, ${plainText('property.2')} AS value, count() AS count, uniqExact(visitor_id) AS visitors
     FROM (SELECT visitor_id, arrayJoin(JSONExtractKeysAndValuesRaw(properties)) AS property FROM events WHERE ${inVisits(read, `${NAMED} AND event_name = {name: String}`)})
     GROUP BY key, value ORDER BY count DESC, key, value LIMIT {limit: UInt32} BY key LIMIT ${MAX_PROPERTY_ROWS}`,
    { ...read.params, name, limit },
  )
}

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

export function queryEventsReceived(
  ask: Ask,
  { siteIds, from, until, after, limit }: Parameters<ActivityStore['eventsReceived']>[0],
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
