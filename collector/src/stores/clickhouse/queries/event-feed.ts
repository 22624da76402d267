import { FINGERPRINT } from '../schema.js'

// Every value comes in as a bound parameter. Times are seconds with a fraction.

const SINCE =
  'received_at >= toDateTime64({since: Float64}, 3) AND occurred_at >= toDateTime64({since: Float64}, 3) - INTERVAL 8 DAY'

// Rows out of a backup keep the numbers that they had in another table; those of their parts are of this one.
const BLOCK = "least(_block_number, toUInt64(extract(_part, '^[^_]+_[0-9]+_([0-9]+)')))"
const RECEIVED_AT = 'toUnixTimestamp64Milli(received_at)'
// As many bits as a JavaScript number holds.
const HASH = `bitShiftRight(cityHash64(event_id, ${FINGERPRINT}), 12)`
const WINDOW = `site_id = {siteId: String} AND ${SINCE}`
const PLACE = `(${BLOCK}, ${RECEIVED_AT}, ${HASH})`

/** Asked every second: it reads the numbers of the inserts before all else, and leaves the other cores to those who wait for a report. */
export const FEED_EVENTS = `
  SELECT
    ${BLOCK} AS block, ${RECEIVED_AT} AS receivedAt, ${HASH} AS hash,
    event_id AS eventId, event_type AS eventType, event_name AS eventName, visitor_id AS visitorId, origin, path, title, referrer, source, channel, country,
    device_type AS deviceType, browser, os, properties, toUnixTimestamp64Milli(occurred_at) AS occurredAt
  FROM events PREWHERE ${WINDOW} AND ${BLOCK} >= {block: UInt64}
  WHERE ${PLACE} > ({block: UInt64}, {receivedAt: Int64}, {hash: UInt64})
  ORDER BY block, receivedAt, hash LIMIT {limit: UInt32}
  SETTINGS max_threads = 1`

/** Of events that are stored more than once, the insert of the first copy. */
export const FIRST_COPIES = `
  SELECT event_id AS eventId, ${HASH} AS hash, min(${BLOCK}) AS block FROM events
  WHERE ${WINDOW} AND event_id IN {eventIds: Array(String)} GROUP BY eventId, hash HAVING count() > 1`

export const LAST_POSITION = `
  SELECT ${BLOCK} AS block, ${RECEIVED_AT} AS receivedAt, ${HASH} AS hash
  FROM events PREWHERE ${WINDOW} AND ${BLOCK} = (SELECT max(${BLOCK}) FROM events WHERE ${WINDOW})
  ORDER BY receivedAt DESC, hash DESC LIMIT 1`
