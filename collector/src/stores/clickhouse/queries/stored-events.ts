import { FINGERPRINT } from '../schema.js'

// Every value comes in as a bound parameter. Times are seconds with a fraction.

const SINCE = 'received_at >= toDateTime64({since: Float64}, 3)'
// Old events come late: what was received since then happened at most a week before.
const NOT_OLDER = 'occurred_at >= toDateTime64({since: Float64}, 3) - INTERVAL 8 DAY'

export const FIND_STORED = `
  SELECT DISTINCT site_id, event_id, ${FINGERPRINT} AS fingerprint FROM events
  WHERE site_id IN {siteIds: Array(String)} AND event_id IN {eventIds: Array(String)} AND ${SINCE} AND ${NOT_OLDER}`

export const RECENT_EVENTS = `
  SELECT site_id, event_id, ${FINGERPRINT} AS fingerprint FROM events WHERE ${SINCE} AND ${NOT_OLDER} ORDER BY received_at DESC LIMIT {limit: UInt32}`

export const NEWEST_RECEIPT = `
  SELECT toUnixTimestamp64Milli(max(received_at)) AS newest FROM events WHERE ${SINCE} AND ${NOT_OLDER}`

const ID_HASH = 'cityHash64(site_id, event_id)'
const COPY = `concat(toString(${ID_HASH}), ' ', toString(toUnixTimestamp64Milli(received_at)), ' ', toString(writer))`

/** Copies by receipt and writer, in which no two of one event are equal; ranked, so that equals would all stay. */
export const FIND_COPIES = `
  SELECT copy FROM (
    SELECT ${COPY} AS copy, rank() OVER (PARTITION BY site_id, event_id, ${FINGERPRINT} ORDER BY received_at, writer) AS place
    FROM events WHERE ${SINCE} AND ${NOT_OLDER} AND ${ID_HASH} IN (SELECT ${ID_HASH} AS id FROM events WHERE ${SINCE} AND ${NOT_OLDER} GROUP BY id HAVING count() > 1)
  ) WHERE place > 1 LIMIT {limit: UInt32}`

export const IS_COPY = `${SINCE} AND ${NOT_OLDER} AND ${COPY} IN {copies: Array(String)}`

export const RECENT_SESSIONS = `
  SELECT visitor_id AS visitorId, argMax(session_id, received_at) AS sessionId, toUnixTimestamp64Milli(max(received_at)) AS seen
  FROM events WHERE cookieless AND ${SINCE} AND ${NOT_OLDER} GROUP BY visitor_id ORDER BY seen DESC LIMIT {limit: UInt32}`

/** Asked every second: it leaves the other cores to those who wait for the answer. */
export const VISITORS_SINCE = `
  SELECT uniqExact(visitor_id) AS visitors FROM (
    SELECT visitor_id FROM events WHERE site_id = {siteId: String} AND ${SINCE} AND ${NOT_OLDER}
    UNION ALL
    SELECT visitor_id FROM heartbeats WHERE site_id = {siteId: String} AND ${SINCE}
  )
  SETTINGS max_threads = 1`
