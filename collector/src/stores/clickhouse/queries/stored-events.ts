import { momentSql } from '../client.js'

/** The function `fingerprintOf` (ingest/event-row.ts) as SQL, for a stored row. */
const FINGERPRINT = String.raw`CRC32(concat(event_type, '\n', event_name, '\n', origin, '\n', path, '\n', query, '\n', properties))`

const SINCE = `received_at >= ${momentSql('since')}`
// Events may arrive late, but at most a week.
const NOT_OLDER = `occurred_at >= ${momentSql('since')} - INTERVAL 8 DAY`
const RECENT = `${SINCE} AND ${NOT_OLDER}`

export const STORED_EVENTS = `
  SELECT DISTINCT site_id, event_id, ${FINGERPRINT} AS fingerprint FROM events
  WHERE site_id IN {siteIds: Array(String)} AND event_id IN {eventIds: Array(String)} AND ${RECENT}`

export const RECENT_EVENTS = `
  SELECT site_id, event_id, ${FINGERPRINT} AS fingerprint FROM events WHERE ${RECENT} ORDER BY received_at DESC LIMIT {limit: UInt32}`

export const NEWEST_RECEIPT = `
  SELECT toUnixTimestamp64Milli(max(received_at)) AS newest FROM events WHERE ${RECENT}`

const ID_HASH = 'cityHash64(site_id, event_id)'
const COPY = `concat(toString(${ID_HASH}), ' ', toString(toUnixTimestamp64Milli(received_at)), ' ', toString(writer))`

/**
 * Duplicates, identified by receipt and writer, which differ between copies of one event. They are found by
 * rank, so that equal copies all stay.
 */
export const DUPLICATES = `
  SELECT copy FROM (
    SELECT ${COPY} AS copy, rank() OVER (PARTITION BY site_id, event_id, ${FINGERPRINT} ORDER BY received_at, writer) AS place
    FROM events WHERE ${RECENT} AND ${ID_HASH} IN (SELECT ${ID_HASH} AS id FROM events WHERE ${RECENT} GROUP BY id HAVING count() > 1)
  ) WHERE place > 1 LIMIT {limit: UInt32}`

export const IS_DUPLICATE = `${RECENT} AND ${COPY} IN {copies: Array(String)}`

export const RECENT_SESSIONS = `
  SELECT visitor_id AS visitorId, argMax(session_id, received_at) AS sessionId, toUnixTimestamp64Milli(max(received_at)) AS seen
  FROM events WHERE cookieless AND ${RECENT} GROUP BY visitor_id ORDER BY seen DESC LIMIT {limit: UInt32}`

/** Counts live visitors. It runs every second: on one core, which leaves the others to reports. */
export const LIVE_VISITORS = `
  SELECT uniqExact(visitor_id) AS visitors FROM (
    SELECT visitor_id FROM events WHERE site_id = {siteId: String} AND ${RECENT}
    UNION ALL
    SELECT visitor_id FROM heartbeats WHERE site_id = {siteId: String} AND ${SINCE}
  )
  SETTINGS max_threads = 1`

// Rows restored from a backup keep the block numbers of another table; the numbers of their parts are this
// table's.
const BLOCK = "least(_block_number, toUInt64(extract(_part, '^[^_]+_[0-9]+_([0-9]+)')))"
const RECEIVED_AT = 'toUnixTimestamp64Milli(received_at)'
// The hash has as many bits as a JavaScript number holds.
const HASH = `bitShiftRight(cityHash64(event_id, ${FINGERPRINT}), 12)`
const RECENT_OF_SITE = `site_id = {siteId: String} AND ${RECENT}`
const POSITION = `(${BLOCK}, ${RECEIVED_AT}, ${HASH})`

/**
 * Reads events of the feed. It runs every second: on one core, and PREWHERE reads the block numbers before
 * any other column.
 */
export const FEED_EVENTS = `
  SELECT
    ${BLOCK} AS block, ${RECEIVED_AT} AS receivedAt, ${HASH} AS hash,
    event_id AS eventId, event_type AS eventType, event_name AS eventName, visitor_id AS visitorId, origin, path, title, referrer, source, channel, country,
    device_type AS deviceType, browser, os, properties, toUnixTimestamp64Milli(occurred_at) AS occurredAt
  FROM events PREWHERE ${RECENT_OF_SITE} AND ${BLOCK} >= {block: UInt64}
  WHERE ${POSITION} > ({block: UInt64}, {receivedAt: Int64}, {hash: UInt64})
  ORDER BY block, receivedAt, hash LIMIT {limit: UInt32}
  SETTINGS max_threads = 1`

/** The block of the first copy of events that are stored more than once. */
export const FIRST_COPIES = `
  SELECT event_id AS eventId, ${HASH} AS hash, min(${BLOCK}) AS block FROM events
  WHERE ${RECENT_OF_SITE} AND event_id IN {eventIds: Array(String)} GROUP BY eventId, hash HAVING count() > 1`

export const LAST_POSITION = `
  SELECT ${BLOCK} AS block, ${RECEIVED_AT} AS receivedAt, ${HASH} AS hash
  FROM events PREWHERE ${RECENT_OF_SITE} AND ${BLOCK} = (SELECT max(${BLOCK}) FROM events WHERE ${RECENT_OF_SITE})
  ORDER BY receivedAt DESC, hash DESC LIMIT 1`
