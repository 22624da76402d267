import type { EventCount, PropertyCount, Slice } from '../report-store.js'
import type { SettledScope } from '../settled/settled-scope.js'
import type { Ask } from './ask.js'
import { inVisits, plainText, readScope } from './read-scope.js'

const NAMED = "event_type IN ('custom', 'goal')"
// Whoever sends a new key with every event must not fill an answer.
const MAX_PROPERTY_ROWS = 10_000

export function askEventNames(ask: Ask, scope: SettledScope, slice: Slice): Promise<EventCount[]> {
  const read = readScope(scope)
  return ask<EventCount>(
    `SELECT event_name AS name, count() AS count, uniqExact(visitor_id) AS visitors FROM events WHERE ${inVisits(read, NAMED)}
     GROUP BY name ORDER BY count DESC, name LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...read.params, ...slice },
  )
}

export function askEventProperties(
  ask: Ask,
  { scope, name, limit }: { scope: SettledScope; name: string; limit: number },
): Promise<PropertyCount[]> {
  const read = readScope(scope)
  return ask<PropertyCount>(
    `SELECT property.1 AS key, ${plainText('property.2')} AS value, count() AS count, uniqExact(visitor_id) AS visitors
     FROM (SELECT visitor_id, arrayJoin(JSONExtractKeysAndValuesRaw(properties)) AS property FROM events WHERE ${inVisits(read, `${NAMED} AND event_name = {name: String}`)})
     GROUP BY key, value ORDER BY count DESC, key, value LIMIT {limit: UInt32} BY key LIMIT ${MAX_PROPERTY_ROWS}`,
    { ...read.params, name, limit },
  )
}
