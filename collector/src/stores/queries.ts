import { FINGERPRINT } from './fingerprint.js'

// Every value comes in as a bound parameter. Times are seconds with a fraction.

const SINCE = 'received_at >= toDateTime64({since: Float64}, 3)'
const IN_PERIOD = 'site_id = {siteId: String} AND occurred_at >= toDateTime64({from: Float64}, 3) AND occurred_at < toDateTime64({to: Float64}, 3)'
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

export const DELETE_COPIES = `DELETE FROM events WHERE ${SINCE} AND ${NOT_OLDER} AND ${COPY} IN {copies: Array(String)}`

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

/** A visit bounced when it had one pageview and nothing else was done in it. */
const SESSIONS = `
  SELECT
    session_id,
    countIf(event_type = 'pageview') AS pageviews,
    pageviews = 1 AND countIf(event_type IN ('custom', 'goal', 'revenue', 'identify')) = 0 AS bounced,
    dateDiff('millisecond', min(occurred_at), max(occurred_at)) / 1000 AS duration,
    argMinIf((origin, path), occurred_at, event_type = 'pageview') AS entry
  FROM events WHERE ${IN_PERIOD} GROUP BY session_id HAVING pageviews > 0`

export const OVERVIEW = `
  SELECT
    visitors, pageviews,
    ifNotFinite(round(100 * bounces / sessions, 1), 0) AS bounceRate,
    ifNotFinite(round(seconds / sessions, 1), 0) AS averageDuration
  FROM (SELECT uniqExact(visitor_id) AS visitors, countIf(event_type = 'pageview') AS pageviews FROM events WHERE ${IN_PERIOD}) AS totals
  CROSS JOIN (SELECT count() AS sessions, countIf(bounced) AS bounces, sum(duration) AS seconds FROM (${SESSIONS})) AS visits`

export const DAYS = `
  SELECT toString(toDate(occurred_at)) AS date, uniqExact(visitor_id) AS visitors, countIf(event_type = 'pageview') AS pageviews
  FROM events WHERE ${IN_PERIOD} GROUP BY date ORDER BY date`

/** Time on a page is the time until the next pageview of its visit; the last page of a visit has none. */
export const PAGES = `
  SELECT
    concat(origin, path) AS url, path, views, visitors,
    ifNotFinite(round(100 * bounces / entries, 1), 0) AS bounceRate,
    averageTime
  FROM (
    SELECT
      origin, path, count() AS views, uniqExact(visitor_id) AS visitors,
      ifNotFinite(round(avgIf(dateDiff('millisecond', occurred_at, next), next > occurred_at) / 1000, 1), 0) AS averageTime
    FROM (
      SELECT origin, path, visitor_id, occurred_at,
        leadInFrame(occurred_at) OVER (PARTITION BY session_id ORDER BY occurred_at ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next
      FROM events WHERE ${IN_PERIOD} AND event_type = 'pageview'
    ) GROUP BY origin, path
  ) AS viewed
  LEFT JOIN (
    SELECT entry.1 AS origin, entry.2 AS path, count() AS entries, countIf(bounced) AS bounces FROM (${SESSIONS}) GROUP BY entry
  ) AS entered USING (origin, path)
  ORDER BY views DESC, url LIMIT {limit: UInt32}`

export const EVENT_NAMES = `
  SELECT event_name AS name, count() AS count, uniqExact(visitor_id) AS visitors
  FROM events WHERE ${IN_PERIOD} AND event_type IN ('custom', 'goal') GROUP BY name ORDER BY count DESC, name LIMIT {limit: UInt32}`
