import { momentSql } from '../client.js'

/** SQL equivalent of the function `fingerprintOf` (ingest/event-row.ts), for a stored row. */
const FINGERPRINT = String.raw`CRC32(concat(event_type, '\n', event_name, '\n', origin, '\n', path, '\n', query, '\n', properties))`

const SINCE = `received_at >= ${momentSql('since')}`
// This condition reduces the number of rows that the engine reads. Events arrive at most a week late, so
// events that occurred more than 8 days before `since` cannot have been received after `since`.
const NOT_OLDER = `occurred_at >= ${momentSql('since')} - INTERVAL 8 DAY`
const RECENT = `${SINCE} AND ${NOT_OLDER}`

export const STORED_EVENTS = `
  SELECT DISTINCT site_id, event_id, ${FINGERPRINT} AS fingerprint, visitor_id AS visitorId, session_id AS sessionId FROM events
  WHERE site_id IN {siteIds: Array(String)} AND event_id IN {eventIds: Array(String)} AND ${RECENT}`

export const RECENT_EVENTS = `
  SELECT site_id, event_id, ${FINGERPRINT} AS fingerprint FROM events WHERE ${RECENT} ORDER BY received_at DESC LIMIT {limit: UInt32}`

export const NEWEST_RECEIPT = `
  SELECT toUnixTimestamp64Milli(max(received_at)) AS newest FROM events WHERE ${RECENT}`

const ID_HASH = 'cityHash64(site_id, event_id)'
const COPY = `concat(toString(${ID_HASH}), ' ', toString(toUnixTimestamp64Milli(received_at)), ' ', toString(writer), ' ', toString(_block_number), ' ', toString(_block_offset))`

/**
 * Finds all copies of each event except the first one. A copy is identified by its time of receipt, its writer, and
 * the number of its insert and row: one collector may have written it twice. rank() also excludes copies that cannot
 * be distinguished from the first one, because deleting them would delete the first copy, too. These are copies in
 * parts that an older release merged without the numbers of their rows.
 */
export const DUPLICATES = `
  SELECT copy FROM (
    SELECT ${COPY} AS copy, rank() OVER (PARTITION BY site_id, event_id, ${FINGERPRINT} ORDER BY received_at, writer, _block_number, _block_offset) AS place
    FROM events WHERE ${RECENT} AND ${ID_HASH} IN (SELECT ${ID_HASH} AS id FROM events WHERE ${RECENT} GROUP BY id HAVING count() > 1)
  ) WHERE place > 1 LIMIT {limit: UInt32}`

export const IS_DUPLICATE = `${RECENT} AND ${COPY} IN {copies: Array(String)}`

export const RECENT_SESSIONS = `
  SELECT visitor_id AS visitorId, argMax(session_id, occurred_at) AS sessionId, toUnixTimestamp64Milli(max(occurred_at)) AS seen
  FROM events WHERE cookieless AND role < 2 AND ${RECENT} GROUP BY visitor_id ORDER BY seen DESC LIMIT {limit: UInt32}`

/**
 * Counts live visitors of several sites, by the time of their events: one that waited in an outbox, or was imported, is
 * no visit of now. The query runs several times a second, so it uses only one core and leaves the other cores to
 * reports.
 */
export const LIVE_VISITORS = `
  SELECT site_id AS siteId, uniqExact(visitor_id) AS visitors FROM (
    SELECT site_id, visitor_id FROM events WHERE site_id IN {siteIds: Array(String)} AND occurred_at >= ${momentSql('since')}
    UNION ALL
    SELECT site_id, visitor_id FROM heartbeats WHERE site_id IN {siteIds: Array(String)} AND ${SINCE}
  ) GROUP BY siteId
  SETTINGS max_threads = 1`

// The number of the insert that wrote the row (block number). Rows that were restored from a backup keep the
// numbers of another table. Their number is limited to the greatest number in the name of their part (data
// folder).
const BLOCK = "least(_block_number, toUInt64(extract(_part, '^[^_]+_[0-9]+_([0-9]+)')))"
const RECEIVED_AT = 'toUnixTimestamp64Milli(received_at)'
/** The place of an event modulo this number is the hash that {@link FIRST_COPIES} returns. */
export const TWO_TO_42 = 2 ** 42
// The hash is shortened to 42 bits, and the position in the request has 10, so that a JavaScript number can
// represent both exactly.
const HASH = `bitShiftRight(cityHash64(event_id, ${FINGERPRINT}), 22)`
const PLACE = `(least(position, 1023) * ${TWO_TO_42} + ${HASH})`
/**
 * Finds the number of the last insert of each site. A feed whose position is before it has new events. The query runs
 * several times a second, for all sites whose feed is open.
 */
export const LAST_BLOCKS = `
  SELECT site_id AS siteId, max(${BLOCK}) AS block FROM events
  PREWHERE site_id IN {siteIds: Array(String)} AND ${RECENT} GROUP BY siteId
  SETTINGS max_threads = 1`

const RECENT_OF_SITE = `site_id = {siteId: String} AND ${RECENT}`
const POSITION = `(${BLOCK}, ${RECEIVED_AT}, ${PLACE})`

/**
 * Reads the events of a site that follow a position. The query may run every second, so it uses only one core.
 * PREWHERE skips old rows before the selected columns are read.
 */
const FEED_ROWS = `
  SELECT
    ${BLOCK} AS block, ${RECEIVED_AT} AS receivedAt, ${PLACE} AS hash,
    event_id AS eventId, event_type AS eventType, event_name AS eventName, visitor_id AS visitorId, origin, path, title, referrer, source, channel, country,
    device_type AS deviceType, browser, os, properties, toUnixTimestamp64Milli(occurred_at) AS occurredAt
  FROM events PREWHERE ${RECENT_OF_SITE} AND ${BLOCK} >= {block: UInt64}
  WHERE ${POSITION} > ({block: UInt64}, {receivedAt: Int64}, {hash: UInt64})
  ORDER BY block, receivedAt, hash LIMIT {limit: UInt32}`

// The texts of an event that senders can make long.
const TEXT_BYTES = 'length(path) + length(title) + length(referrer) + length(properties)'

/**
 * The first events after a position. The page ends with the event whose texts reach `maxBytes`, so that long texts need
 * no more memory than short ones. `pageSize` is the number of events without this limit.
 */
export const FEED_EVENTS = `
  SELECT * EXCEPT bytesBefore FROM (
    SELECT *, count() OVER () AS pageSize,
      sum(${TEXT_BYTES}) OVER (ORDER BY block, receivedAt, hash ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytesBefore
    FROM (${FEED_ROWS})
  ) WHERE bytesBefore < {maxBytes: UInt32} ORDER BY block, receivedAt, hash
  SETTINGS max_threads = 1`

/**
 * Finds the events that are stored more than once. For each event, `block` is the number of the insert that
 * wrote the first copy.
 */
export const FIRST_COPIES = `
  SELECT event_id AS eventId, ${HASH} AS hash, min(${BLOCK}) AS block FROM events
  WHERE ${RECENT_OF_SITE} AND event_id IN {eventIds: Array(String)} GROUP BY eventId, hash HAVING count() > 1`

export const LAST_POSITION = `
  SELECT ${BLOCK} AS block, ${RECEIVED_AT} AS receivedAt, ${PLACE} AS hash
  FROM events PREWHERE ${RECENT_OF_SITE} AND ${BLOCK} = (SELECT max(${BLOCK}) FROM events WHERE ${RECENT_OF_SITE})
  ORDER BY receivedAt DESC, hash DESC LIMIT 1`
